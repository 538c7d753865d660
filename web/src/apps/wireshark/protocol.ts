/// What the page and the dissecting frame say to each other. Plain data, and all that the two have in common: the
/// frame holds Wireshark (GPL-2.0) and is a program of its own.

/** The page's first message to the frame, with a port for all that follows. Bytes are handed over, not copied. */
export interface Start {
  type: "start";
  /** Text of the dissector's loader and of the worker around it. */
  loader: string;
  worker: string;
  wasm: ArrayBuffer;
  data: ArrayBuffer;
}

/** What the page asks for. Requests with an `id` are answered by a `Reply` of the same id. */
export type Ask =
  /** More bytes of the capture: whole pcapng blocks, or a whole file of any kind when it is the first. */
  | { ask: "append"; bytes: Uint8Array }
  /** Forget all packets. */
  | { ask: "clear" }
  /** Which rows are seen from now on; `first` null is the end of the list. Answered by `Rows`, now and at every change. */
  | { ask: "look"; filter: string; first: number | null; count: number }
  | { ask: "check"; id: number; filter: string }
  | { ask: "complete"; id: number; field: string }
  | { ask: "packet"; id: number; number: number }
  | { ask: "follow"; id: number; kind: string; filter: string }
  | { ask: "find"; id: number; filter: string; number: number };

/** What the frame says by itself. */
export type Told =
  /** The dissector runs; which Wireshark it is. */
  | { told: "ready"; version: string }
  | { told: "failed"; message: string }
  | ({ told: "rows" } & Rows)
  | { told: "reply"; id: number; value: unknown };

/** The rows that are seen. */
export interface Rows {
  /** Of the whole capture. */
  packets: number;
  /** That pass the filter. */
  matched: number;
  /** The filter that was used; the last good one when the wanted one is wrong. */
  filter: string;
  /** Place of the first row among those that match. */
  first: number;
  rows: Row[];
  /** Why the capture cannot be read, or not to its end. */
  error: string;
  /** How long reading it took, in milliseconds. */
  tookMs: number;
}

export interface Row {
  number: number;
  /** No., Time, Source, Destination, Protocol, Length, Info. */
  columns: string[];
  /** The colour rule's background, 0xRRGGBB. */
  colour: number;
}

/** A field of a packet. */
export interface Field {
  label: string;
  /** A display filter that finds it. */
  filter: string;
  start: number;
  length: number;
  /** Which of the packet's byte views it is in. */
  source: number;
  /** Expert information: Note, Warn, Error …; else empty. */
  severity: string;
  /** The packet that it names, or 0. */
  packet: number;
  fields: Field[];
}

export interface Packet {
  number: number;
  fields: Field[];
  /** Byte views: the frame, and what was put together or decoded from several. */
  sources: { name: string; bytes: Uint8Array }[];
  /** Streams that it belongs to: kind (TCP, HTTP …) and the filter that finds them. */
  streams: { kind: string; filter: string }[];
  comments: string[];
}

/** Whether a filter can be used. */
export interface Checked {
  ok: boolean;
  error: string;
}

/** A conversation, as its two ends said it. */
export interface Stream {
  client: string;
  server: string;
  clientBytes: number;
  serverBytes: number;
  parts: { number: number; server: boolean; bytes: Uint8Array }[];
}
