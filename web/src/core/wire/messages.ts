/// The messages of the wire protocol, as crates/wire/src/message.rs declares them. Types only.

export type Open =
  | { open: "status"; version: number }
  | { open: "exec"; node: string; argv: string[]; env?: Record<string, string>; cwd?: string | null; user?: string | null }
  | {
      open: "pty";
      node: string;
      terminal: string;
      cols: number;
      rows: number;
      since: number | null;
      existing: boolean;
      argv: string[];
      user: string | null;
    }
  | { open: "pty_close"; terminal: string }
  | { open: "check" | "script"; node: string; script: string; env: Record<string, string>; user: string; timeout_ms: number }
  | { open: "file_read"; node: string; path: string }
  | { open: "file_write"; node: string; path: string; mode: number }
  | { open: "keep"; node: string; op: "save" | "restore" }
  | { open: "reset"; node: string | null }
  | { open: "link"; node: string; network: string; up: boolean }
  | { open: "connect"; node: string; port: number }
  | { open: "capture"; network: string; node?: string; snap?: number }
  | { open: "display"; node: string; app?: string }
  | { open: "wake"; unix_ms: number; entropy: string }
  | { open: "stop" };

export type Exit = { code: number } | { signal: number };

export interface Failed {
  code: string;
  message: string;
}

export type Reply =
  | { reply: "done" }
  | ({ reply: "failed" } & Failed)
  | ({ reply: "status" } & StatusReport)
  | { reply: "terminal"; offset: number; end: number; lost: boolean }
  | ({ reply: "check" } & CheckOutput);

export interface CheckOutput {
  /** Null when it was stopped at its timeout. */
  exit: Exit | null;
  stdout: string;
  stderr: string;
  took_ms: number;
}

export type Control =
  | { control: "resize"; cols: number; rows: number }
  | { control: "signal"; signal: number }
  | { control: "exit"; exit: Exit }
  | ({ control: "failed" } & Failed)
  | { control: "skipped"; offset: number };

export type NodeState = "waiting" | "creating" | "starting" | "ready" | "failed";

export interface NodeReport {
  name: string;
  state: NodeState;
  failed: Failed | null;
}

export interface StatusReport {
  version: number;
  /** Random at every start of the agent. */
  epoch: string;
  ready: boolean;
  failed: Failed | null;
  nodes: NodeReport[];
  terminals: { terminal: string; node: string; end: number }[];
  warnings: string[];
}

export type WireEvent =
  | { event: "stage"; stage: string; done: boolean; at_ms: number }
  | ({ event: "node" } & NodeReport)
  | { event: "ready"; at_ms: number }
  | ({ event: "failed" } & Failed)
  | { event: "terminal_ended"; terminal: string; exit: Exit }
  | { event: "display"; app: string }
  | { event: "limit_hit"; node: string; limit: string };
