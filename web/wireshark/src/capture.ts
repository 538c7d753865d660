/// One capture in Wireshark: grows, is read again, and shows the rows that are seen.
///
/// Wiregasm closes a file when it has read it, so more packets mean to read all again; `schedule` keeps that bounded.

import type { DissectSession, ProtoTree, WiregasmLib } from "@goodtools/wiregasm";
import type { Field, Packet, Row, Rows, Stream } from "../../src/apps/wireshark/protocol";
import { check } from "./filter";
import { pause } from "./schedule";
import { bytes, list } from "./vectors";

const PATH = "/uploads/capture";

/** What Emscripten's file system has beside what Wiregasm's types name. */
interface Files {
  open(path: string, flags: string): object;
  write(stream: object, bytes: Uint8Array, offset: number, length: number): number;
  close(stream: object): void;
}

export class Capture {
  #session: DissectSession | null = null;
  #files: Files;
  #length = 0;
  #stale = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setTimeout> | undefined;
  #endMs = 0;
  #tookMs = 0;
  #packets = 0;
  #error = "";
  #filter = "";
  #first: number | null = 0;
  #count = 0;

  constructor(
    private readonly lib: WiregasmLib,
    private readonly tell: (rows: Rows) => void,
  ) {
    this.#files = lib.FS as unknown as Files;
    this.clear();
  }

  clear(): void {
    this.#session?.delete();
    this.#session = null;
    this.#files.close(this.#files.open(PATH, "w"));
    this.#length = this.#packets = this.#tookMs = 0;
    this.#error = "";
    this.#show();
  }

  append(more: Uint8Array): void {
    const file = this.#files.open(PATH, "a");
    this.#files.write(file, more, 0, more.length);
    this.#files.close(file);
    this.#length += more.length;
    if (this.#stale) return;
    this.#stale = true;
    this.#timer = setTimeout(() => this.#read(), pause(performance.now(), this.#endMs, this.#tookMs));
  }

  look(filter: string, first: number | null, count: number): void {
    if (check(this.lib, filter).ok) this.#filter = filter.trim();
    this.#first = first;
    this.#count = count;
    // Scrolling asks faster than rows can be made: only the last wish is met.
    clearTimeout(this.#looking);
    this.#looking = setTimeout(() => this.#show());
  }

  packet(number: number): Packet | null {
    if (!this.#session || number < 1 || number > this.#packets) return null;
    const frame = this.#session.getFrame(number);
    return {
      number: frame.number,
      fields: fields(frame.tree),
      sources: list(frame.data_sources).map(({ name, data }) => ({ name, bytes: bytes(data) })),
      streams: list(frame.follow).map((pair) => {
        const [kind = "", filter = ""] = list(pair);
        return { kind, filter };
      }),
      comments: list(frame.comments),
    };
  }

  follow(kind: string, filter: string): Stream | null {
    if (!this.#session) return null;
    const found = this.#session.follow(kind, filter);
    const parts = list(found.payloads).map((part) => ({
      number: part.number,
      server: part.server !== 0,
      bytes: bytes(part.data),
    }));
    // Wiregasm's own sums are the other way round.
    const said = (server: boolean) =>
      parts.reduce((sum, part) => sum + (part.server === server ? part.bytes.length : 0), 0);
    return {
      client: `${found.chost}:${found.cport}`,
      server: `${found.shost}:${found.sport}`,
      clientBytes: said(false),
      serverBytes: said(true),
      parts,
    };
  }

  /** Place of a packet among those that match, or of the first one after it. */
  find(filter: string, number: number): number {
    if (!this.#session || !check(this.lib, filter).ok) return 0;
    if (filter.trim() === "") return number - 1;
    // Wiregasm remembers which packets a filter lets pass; another filter would dissect all of them again.
    const session = this.#session;
    const numberAt = (place: number) => list(session.getFrames(filter.trim(), place, 1).frames)[0]?.number ?? Infinity;
    let [low, high] = [0, session.getFrames(filter.trim(), 0, 1).matched];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numberAt(middle) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #read(): void {
    clearTimeout(this.#timer);
    this.#stale = false;
    if (this.#length === 0) return;
    const began = performance.now();
    this.#session?.delete();
    this.#session = new this.lib.DissectSession(PATH);
    const { code, error, summary } = this.#session.load();
    this.#packets = summary.packet_count;
    this.#error = code === 0 ? "" : error || `error ${code}`;
    this.#show();
    this.#endMs = performance.now();
    this.#tookMs = this.#endMs - began;
  }

  #show(): void {
    const filter = this.#filter;
    if (!this.#session || this.#packets === 0 || this.#count === 0) {
      return this.tell({ ...this.#state(), matched: 0, filter, first: 0, rows: [] });
    }
    let matched = this.#packets;
    if (filter !== "") matched = this.#session.getFrames(filter, 0, 1).matched;
    const last = Math.max(0, matched - this.#count);
    const first = Math.min(this.#first ?? last, Math.max(0, matched - 1));
    const rows = list(this.#session.getFrames(filter, first, this.#count).frames).map(
      (frame): Row => ({ number: frame.number, columns: list(frame.columns), colour: frame.bg }),
    );
    this.tell({ ...this.#state(), matched, filter, first, rows });
  }

  #state() {
    return { packets: this.#packets, error: this.#error, tookMs: this.#tookMs };
  }
}

function fields(tree: ProtoTree["tree"]): Field[] {
  return list(tree).map((node) => ({
    label: node.label,
    filter: node.filter,
    start: node.start,
    length: node.length,
    source: node.data_source_idx,
    severity: (node as ProtoTree & { severity?: string }).severity ?? "",
    packet: node.type === "framenum" ? (node.fnum ?? 0) : 0,
    fields: fields(node.tree),
  }));
}
