/// Restores a machine's folder (docs/browser-machine.md) in Node: for tests and measurements. The page has its own way.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { jsonOf, KIND, openStream, request, type Frames } from "../src/core/wire/client";
import { Console } from "../src/core/wire/console";
import type { Control, Reply, StatusReport } from "../src/core/wire/messages";
import { VERSION } from "../src/core/wire/packets";
import type { Yamux } from "../src/core/wire/yamux";
import type { MachineFile } from "../src/tab/machine/protocol";

interface Emulator {
  bus: { send(name: string, bytes: Uint8Array): void };
  add_listener(name: string, listener: (value: never) => void): void;
  destroy(): Promise<void>;
}

/** The folder of the npm package that runs machines. */
export function emulatorFolder(): string {
  return process.env.LABWRIGHT_V86 ?? dirname(dirname(createRequire(import.meta.url).resolve("v86")));
}

/** Parts of a disk that were read, in order. The emulator reads a file a part. */
function watchParts(disk: string, bytes: number): Set<number> {
  const parts = new Set<number>();
  const prefix = `${disk.slice(0, -".img".length)}-`;
  const read = fs.readFile;
  fs.readFile = ((path: string | URL, ...rest: []) => {
    const name = String(path);
    if (name.startsWith(prefix)) parts.add(Number.parseInt(name.slice(prefix.length), 10) / bytes);
    return read(path, ...rest);
  }) as typeof read;
  syncBuiltinESMExports();
  return parts;
}

export class Restored {
  private constructor(
    readonly file: MachineFile,
    readonly mux: Yamux,
    /** Parts of the disk that were read so far. */
    readonly parts: Set<number>,
    private readonly machine: Emulator,
    private readonly line: Console,
  ) {}

  /** Restores it, and begins a channel to its agent. */
  static async open(folder: string): Promise<Restored> {
    const file = JSON.parse(readFileSync(join(folder, "machine.json"), "utf8")) as MachineFile;
    const disk = join(folder, file.disk.file);
    const parts = watchParts(disk, file.disk.part_bytes);
    const emulator = emulatorFolder();
    const { V86 } = (await import(/* @vite-ignore */ pathToFileURL(join(emulator, "build/libv86.mjs")).href)) as {
      V86: new (options: object) => Emulator;
    };
    const machine = new V86({
      wasm_path: join(emulator, "build/v86.wasm"),
      memory_size: file.memory_bytes,
      vga_memory_size: file.vga_memory_bytes,
      bios: { url: join(folder, file.bios) },
      vga_bios: { url: join(folder, file.vga_bios) },
      hda: { url: disk, async: true, size: file.disk.bytes, use_parts: true, fixed_chunk_size: file.disk.part_bytes },
      virtio_console: true,
      disable_keyboard: true,
      disable_mouse: true,
      disable_speaker: true,
      initial_state: { url: join(folder, file.state.file) },
      autostart: true,
    });
    await new Promise<void>((resolve) => machine.add_listener("emulator-started", () => resolve()));
    return new Promise((resolve, reject) => {
      const line = new Console((bytes) => machine.bus.send("virtio-console0-input-bytes", bytes), {
        connected: (mux) => resolve(new Restored(file, mux, parts, machine, line)),
        lost: () => {},
        refused: (version) => reject(new Error(`the agent speaks version ${version}`)),
      });
      machine.add_listener("virtio-console0-output-bytes", (bytes: Uint8Array) => line.receive(bytes));
    });
  }

  async status(): Promise<StatusReport> {
    const reply = await request(this.mux, { open: "status", version: VERSION });
    if (reply.reply !== "status") throw new Error("no status");
    return reply;
  }

  /** Sets its clock and random numbers. */
  wake(unix_ms = Date.now()): Promise<Reply> {
    return request(this.mux, { open: "wake", unix_ms, entropy: randomBytes(64).toString("hex") });
  }

  async run(node: string, argv: string[], user: string | null = null): Promise<{ code: number | null; out: string }> {
    const { frames } = await openStream(this.mux, { open: "exec", node, argv, user });
    await frames.eof();
    let out = "";
    for (;;) {
      const frame = await frames.read();
      if (frame === null) throw new Error("the stream ended");
      if (frame.kind === KIND.data) out += new TextDecoder().decode(frame.bytes);
      if (frame.kind !== KIND.control) continue;
      const control = jsonOf<Control>(frame);
      if (control.control === "exit") return { code: "code" in control.exit ? control.exit.code : null, out };
    }
  }

  /** A terminal; resolves once it has shown a prompt. */
  async prompt(node: string, terminal: string): Promise<Frames> {
    const open = { open: "pty", node, terminal, cols: 80, rows: 24, since: null, existing: false, argv: [], user: null } as const;
    const { frames } = await openStream(this.mux, { ...open, argv: [] });
    let out = "";
    while (!/[$#] $/.test(out)) {
      const frame = await frames.read();
      if (frame === null) throw new Error(`the terminal ended: ${out}`);
      if (frame.kind === KIND.data) out += new TextDecoder().decode(frame.bytes);
    }
    return frames;
  }

  async close(): Promise<void> {
    this.line.close();
    await this.machine.destroy();
  }
}
