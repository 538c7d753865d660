/// What the page and the worker of its emulator say to each other, and the folder that a machine is restored from
/// (docs/browser-machine.md). Types only.

export interface MachineFile {
  labwright: number;
  lab: string;
  /** Digest of the lab's image. */
  image: string;
  emulator: { package: string; version: string };
  memory_bytes: number;
  vga_memory_bytes: number;
  state: { file: string; raw_bytes: number };
  disk: { file: string; bytes: number; part_bytes: number; prompt_parts: number[] };
  bios: string;
  vga_bios: string;
  spec: { params: Record<string, string>; nodes: { name: string; user: string }[] };
  files: { file: string; bytes: number; sha256: string }[];
}

export type ToEmulator =
  | { tell: "start"; machine: MachineFile; /** Address of its folder, with a slash at the end. */ folder: string }
  | { tell: "input"; bytes: Uint8Array }
  | { tell: "run"; run: boolean };

export type FromEmulator =
  /** It runs from its saved state. */
  | { said: "started" }
  | { said: "output"; bytes: Uint8Array }
  | { said: "loaded"; bytes: number }
  | { said: "failed"; why: string };
