/// <reference types="node" />
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { frameBytes, jsonOf, KIND, openStream, Refused, request } from "../../src/core/wire/client";
import { Console } from "../../src/core/wire/console";
import type { Control } from "../../src/core/wire/messages";
import { crc32, dataPacket, Decoder, helloPacket, joined, MAX_PACKET_BYTES, type Packet } from "../../src/core/wire/packets";
import { headBytes, readHead, Yamux } from "../../src/core/wire/yamux";

interface Vector {
  kind: string;
  payload?: string;
  repeat?: { byte: number; times: number };
  epoch?: string;
  line: string;
}

const root = resolve(import.meta.dirname, "../../..");
const vectors = JSON.parse(readFileSync(resolve(root, "crates/wire/vectors.json"), "utf8")) as {
  packets: Vector[];
  damaged: string[];
  frames: { kind: number; payload: string; bytes: string }[];
  yamux: { type: number; flags: number; stream: number; length: number; payload: string; bytes: string }[];
};

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const payload = (vector: Vector) => (vector.repeat ? new Uint8Array(vector.repeat.times).fill(vector.repeat.byte) : bytes(vector.payload ?? ""));

describe("packets", () => {
  it("are the bytes that the Rust end makes", () => {
    for (const vector of vectors.packets) {
      const hello = vector.kind === "hello";
      const line = hello ? helloPacket(vector.epoch ?? "") : dataPacket(payload(vector));
      expect(hex(line)).toBe(vector.line);
      const packet: Packet = hello
        ? { kind: "hello", hello: { version: 1, epoch: vector.epoch ?? "" } }
        : { kind: "data", bytes: payload(vector) };
      expect(new Decoder().take(line)).toEqual([packet]);
    }
  });

  it("know damage, and what follows it", () => {
    for (const line of vectors.damaged) expect(new Decoder().take(joined([bytes(line), Uint8Array.of(0)]))).toEqual([{ kind: "damage" }]);
    const decoder = new Decoder();
    expect(decoder.take(new Uint8Array(100_000).fill(1))).toEqual([]);
    expect(decoder.take(Uint8Array.of(0))).toEqual([{ kind: "damage" }]);
    expect(decoder.take(dataPacket(bytes("0102")))).toEqual([{ kind: "data", bytes: bytes("0102") }]);
  });

  it("come back whole from pieces, whatever is in them", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
    const sent = [0, 1, 250, 251, 252, 253, 254, 255, 506, 507, 508, 509, 510, MAX_PACKET_BYTES].flatMap((length) =>
      [0, 1, 7].map((every) => Uint8Array.from({ length }, (_, at) => (every > 0 && at % 300 !== every ? 1 + (at % 255) : 0))),
    );
    const line = joined(sent.map(dataPacket));
    const decoder = new Decoder();
    const found: Packet[] = [];
    for (let at = 0; at < line.length; at += 777) found.push(...decoder.take(line.subarray(at, at + 777)));
    expect(found).toHaveLength(sent.length);
    found.forEach((packet, at) => expect(packet.kind === "data" && hex(packet.bytes)).toBe(hex(sent[at] as Uint8Array)));
  });
});

describe("frames", () => {
  it("are the bytes that the Rust end makes", () => {
    for (const vector of vectors.frames) expect(hex(frameBytes(vector.kind, bytes(vector.payload)))).toBe(vector.bytes);
    for (const { payload, bytes: whole, ...head } of vectors.yamux) {
      expect(hex(headBytes(head)) + payload).toBe(whole);
      expect(readHead(bytes(whole))).toEqual(head);
    }
    expect(readHead(bytes("01".repeat(12)))).toBeNull();
  });
});

describe("the channel", () => {
  it("ends where the other end breaks the rules", async () => {
    for (const evil of ["010000000000000000000000", "000700000000000000000000", "000000000000000100100000", "000300000000000000000000"]) {
      let closed = 0;
      const mux = new Yamux(() => {}, () => (closed += 1));
      const opened = openStream(mux, { open: "stop" });
      mux.receive(bytes(evil));
      expect(closed).toBe(1);
      await expect(opened).rejects.toThrow();
      expect(() => mux.open()).toThrow("closed");
    }
  });

  it("answers a ping, and refuses a stream that it did not ask for", () => {
    const sent: string[] = [];
    const mux = new Yamux((bytes) => sent.push(hex(bytes)), () => {});
    mux.receive(bytes("000200010000000000000007"));
    mux.receive(bytes("000000010000000200000000"));
    expect(sent).toEqual(["000200020000000000000007", "000100080000000200000000"]);
    mux.close();
  });
});

/** The Rust lower end (crates/wire/examples/console_end.rs) on the standard streams of a child. */
describe("against the Rust end", () => {
  const program = resolve(root, "target/debug/examples/console_end");
  let child: ChildProcess | undefined;
  let line: Console | undefined;

  beforeAll(() => {
    execFileSync("cargo", ["build", "--quiet", "--offline", "--package", "labwright-wire", "--example", "console_end"], { cwd: root, stdio: "inherit" });
  }, 600_000);

  afterEach(() => {
    line?.close();
    child?.kill();
  });

  function start(damage: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes) {
    const muxes: Yamux[] = [];
    const waiting: ((mux: Yamux) => void)[] = [];
    const started = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
    child = started;
    line = new Console((bytes) => started.stdin.write(damage(bytes)), {
      connected: (mux) => (waiting.length > 0 ? waiting.shift()?.(mux) : muxes.push(mux)),
      lost: () => {},
      refused: () => {},
    });
    started.stdout.on("data", (bytes: Buffer) => line?.receive(bytes));
    return () => new Promise<Yamux>((done) => (muxes.length > 0 ? done(muxes.shift() as Yamux) : waiting.push(done)));
  }

  async function readFile(mux: Yamux, length: number): Promise<number> {
    const { frames } = await openStream(mux, { open: "file_read", node: "one", path: String(length) });
    let count = 0;
    for (let frame = await frames.read(); frame !== null && frame.kind !== KIND.eof; frame = await frames.read()) count += frame.bytes.length;
    frames.close();
    return count;
  }

  it("reads more than a window, several at once", async () => {
    const mux = await start()();
    expect(await Promise.all([readFile(mux, 3_000_000), readFile(mux, 700_000), readFile(mux, 1)])).toEqual([3_000_000, 700_000, 1]);
  });

  it("writes more than a window, and a slow reader holds nobody up", async () => {
    const mux = await start()();
    const slow = await openStream(mux, { open: "file_read", node: "one", path: "5000000" });
    const { frames } = await openStream(mux, { open: "file_write", node: "one", path: "/x", mode: 0o644 });
    await frames.write(new Uint8Array(1_000_000));
    await frames.eof();
    const frame = await frames.read();
    expect(frame && jsonOf<Control>(frame)).toEqual({ control: "exit", exit: { code: 1_000_000 } });
    slow.frames.close();
    expect(await readFile(mux, 400_000)).toBe(400_000);
  });

  it("sends keys back and forth, and is refused in words", async () => {
    const mux = await start()();
    const { frames } = await openStream(mux, { open: "connect", node: "one", port: 80 });
    for (const key of ["a", "é", "\u0000"]) {
      await frames.write(new TextEncoder().encode(key));
      expect(new TextDecoder().decode((await frames.read())?.bytes)).toBe(key);
    }
    await expect(request(mux, { open: "reset", node: null })).rejects.toThrow(Refused);
  });

  it("opens streams without end, one after another", async () => {
    const mux = await start()();
    for (let at = 0; at < 200; at += 1) expect(await readFile(mux, 10)).toBe(10);
  });

  it("begins a new channel after damage", async () => {
    let hurt = false;
    const next = start((bytes) => {
      if (!hurt || bytes.length < 20) return bytes;
      hurt = false;
      return bytes.map((byte, at) => (at === 9 ? byte ^ 1 || 2 : byte));
    });
    const first = await next();
    expect(await readFile(first, 5)).toBe(5);
    hurt = true;
    await expect(readFile(first, 5)).rejects.toThrow();
    expect(await readFile(await next(), 5)).toBe(5);
  });

  it("drops every stream when the machine is restored", async () => {
    const next = start();
    const first = await next();
    const held = await openStream(first, { open: "connect", node: "one", port: 80 });
    line?.restart();
    await expect(held.frames.read()).rejects.toThrow();
    expect(await readFile(await next(), 5)).toBe(5);
  });
});
