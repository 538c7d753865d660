// Restores a saved machine (docs/browser-machine.md) and carries the bytes of its console, in Node and in a browser's worker
// alike, for `labwright test --place browser` and `bench`. It speaks no protocol: both ends of that are elsewhere.

/** A buffer that the guest offers for the console holds so much, and what is longer would be cut. */
const BUFFER_BYTES = 4096;
/** The guest takes its buffers back within moments. */
const FULL_MS = 4;
/** Of a line of the kernel's console. */
const LINE_CHARS = 1000;

/**
 * `file` says where a file of the folder is; `output` gets what the console says; `say` hears {"started":true},
 * {"console":LINE} and {"failed":WHY}, and before all {"begun":true} from whoever calls this. What it gives takes the console's input.
 */
export function restore(V86, { wasm, file, machine, output, say }) {
  const { disk } = machine;
  const emulator = new V86({
    wasm_path: wasm,
    memory_size: machine.memory_bytes,
    vga_memory_size: machine.vga_memory_bytes,
    bios: { url: file(machine.bios) },
    vga_bios: { url: file(machine.vga_bios) },
    hda: { url: file(disk.file), async: true, size: disk.bytes, use_parts: true, fixed_chunk_size: disk.part_bytes },
    virtio_console: true,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    initial_state: { url: file(machine.state.file) },
    autostart: true,
  });
  let [started, feeding, line] = [false, undefined, ""];
  const waiting = [];

  /** The emulator throws away what the guest has no buffer for, so that it is asked first. */
  function feed() {
    feeding = undefined;
    const queue = emulator.v86.cpu.devices.virtio_console.virtio.queues[0];
    while (waiting.length > 0 && queue.has_request()) {
      const next = waiting.shift();
      emulator.bus.send("virtio-console0-input-bytes", next.subarray(0, BUFFER_BYTES));
      if (next.length > BUFFER_BYTES) waiting.unshift(next.subarray(BUFFER_BYTES));
    }
    if (waiting.length > 0) feeding = setTimeout(feed, FULL_MS);
  }

  emulator.add_listener("virtio-console0-output-bytes", output);
  emulator.add_listener("download-error", ({ file_name }) => say({ failed: `${file_name} cannot be read` }));
  emulator.add_listener("serial0-output-byte", (byte) => {
    if (byte !== 10 && line.length < LINE_CHARS) line += String.fromCharCode(byte);
    if (byte !== 10) return;
    say({ console: line });
    line = "";
  });
  emulator.add_listener("emulator-started", () => {
    if (started) return;
    started = true;
    say({ started: true });
    feed();
  });
  return (bytes) => {
    waiting.push(bytes);
    if (started && feeding === undefined) feed();
  };
}
