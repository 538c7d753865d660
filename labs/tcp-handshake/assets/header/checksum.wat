;; The checksum of RFC 1071, as every router counts it for every packet. checksum.wasm is made of this: wat2wasm checksum.wat
(module
  (memory (export "memory") 1)
  (func (export "checksum") (param $at i32) (param $length i32) (result i32)
    (local $sum i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        ;; Two bytes, the first of them the higher one.
        (local.set $sum
          (i32.add
            (local.get $sum)
            (i32.add
              (i32.shl (i32.load8_u (local.get $at)) (i32.const 8))
              (i32.load8_u offset=1 (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))
        (br $next)))
    ;; What has run over on the left is added on the right, twice: the first time may run over again.
    (local.set $sum (i32.add (i32.and (local.get $sum) (i32.const 0xffff)) (i32.shr_u (local.get $sum) (i32.const 16))))
    (local.set $sum (i32.add (i32.and (local.get $sum) (i32.const 0xffff)) (i32.shr_u (local.get $sum) (i32.const 16))))
    ;; All bits turned over.
    (i32.xor (local.get $sum) (i32.const 0xffff))))
