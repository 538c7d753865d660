/// The worker that runs the machine: v86, restored from its saved state, and the bytes of its console. It knows no lab, and
/// the page stays smooth beside it.

import emulatorUrl from "v86/build/libv86.mjs?url";
import wasmUrl from "v86/build/v86.wasm?url";
import type { FromEmulator, MachineFile, ToEmulator } from "./protocol";

/** A buffer that the guest offers for the console holds so much, and what is longer would be cut. */
const BUFFER_BYTES = 4096;
/** The guest takes its buffers back within moments. */
const FULL_MS = 4;

interface Queue {
  has_request(): boolean;
}

interface Emulator {
  bus: { send(name: string, bytes: Uint8Array): void };
  v86: { cpu: { devices: { virtio_console: { virtio: { queues: Queue[] } } } } };
  add_listener(name: string, heard: (value: never) => void): void;
  run(): Promise<void>;
  stop(): Promise<void>;
}

const say = (message: FromEmulator, moved: Transferable[] = []) => self.postMessage(message, { transfer: moved });

let emulator: Emulator | null = null;
let waiting: Uint8Array[] = [];
let feeding: ReturnType<typeof setTimeout> | undefined;

self.onmessage = ({ data }: MessageEvent<ToEmulator>) => {
  if (data.tell === "input") {
    waiting.push(data.bytes);
    if (feeding === undefined) feed();
  } else if (data.tell === "run") void (data.run ? emulator?.run() : emulator?.stop());
  else start(data.machine, data.folder).catch((error: unknown) => say({ said: "failed", why: String(error) }));
};

// Out of memory shows up here, wherever it happens.
self.onerror = (event) => say({ said: "failed", why: typeof event === "string" ? event : event.type });
self.onunhandledrejection = (event) => say({ said: "failed", why: String(event.reason) });

async function start(machine: MachineFile, folder: string): Promise<void> {
  const { V86 } = (await import(/* @vite-ignore */ new URL(emulatorUrl, import.meta.url).href)) as {
    V86: new (options: object) => Emulator;
  };
  const file = (name: string) => ({ url: new URL(name, folder).href });
  const made = new V86({
    wasm_path: new URL(wasmUrl, import.meta.url).href,
    memory_size: machine.memory_bytes,
    vga_memory_size: machine.vga_memory_bytes,
    bios: file(machine.bios),
    vga_bios: file(machine.vga_bios),
    hda: { ...file(machine.disk.file), async: true, size: machine.disk.bytes, use_parts: true, fixed_chunk_size: machine.disk.part_bytes },
    virtio_console: true,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    initial_state: file(machine.state.file),
    autostart: true,
  });
  made.add_listener("download-progress", ({ loaded }: { loaded: number }) => say({ said: "loaded", bytes: loaded }));
  made.add_listener("download-error", ({ file_name }: { file_name: string }) => say({ said: "failed", why: `${file_name} cannot be had` }));
  made.add_listener("virtio-console0-output-bytes", (bytes: Uint8Array) => {
    // It may be a view of something larger.
    const own = bytes.slice();
    say({ said: "output", bytes: own }, [own.buffer]);
  });
  made.add_listener("emulator-started", () => {
    if (emulator !== null) return;
    emulator = made;
    say({ said: "started" });
    feed();
  });
}

/** The emulator throws away what the guest has no buffer for, so that it is asked first. */
function feed(): void {
  feeding = undefined;
  const queue = emulator?.v86.cpu.devices.virtio_console.virtio.queues[0];
  if (emulator === null || queue === undefined) return;
  while (waiting.length > 0 && queue.has_request()) {
    const [next, ...rest] = waiting as [Uint8Array, ...Uint8Array[]];
    emulator.bus.send("virtio-console0-input-bytes", next.subarray(0, BUFFER_BYTES));
    waiting = next.length > BUFFER_BYTES ? [next.subarray(BUFFER_BYTES), ...rest] : rest;
  }
  if (waiting.length > 0) feeding = setTimeout(feed, FULL_MS);
}
