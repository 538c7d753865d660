/// The upper end of a line that may freeze (docs/wire-protocol.md): says hello until it is answered, carries yamux in
/// packets, and begins a new channel when the old one is lost. It must not know what the line is made of.

import { dataPacket, Decoder, helloPacket, MAX_PACKET_BYTES, VERSION, type Packet } from "./packets";
import { Yamux } from "./yamux";

const HELLO_EVERY_MS = 1_000;

export interface ConsoleEvents {
  /** A new channel: every stream of the one before is gone. */
  connected(mux: Yamux): void;
  /** The channel is lost; a new one is being asked for. */
  lost(): void;
  /** The agent speaks another version: there will be no channel. */
  refused(version: number): void;
}

export class Console {
  #decoder = new Decoder();
  #epoch = "";
  #mux: Yamux | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  constructor(
    /** Puts bytes on the line, in order. */
    private readonly send: (bytes: Uint8Array) => void,
    private readonly events: ConsoleEvents,
  ) {
    this.#greet();
  }

  /** Takes what came over the line. */
  receive(bytes: Uint8Array): void {
    for (const packet of this.#decoder.take(bytes)) this.#take(packet);
  }

  /** The machine is another one than before, or an older one: what was is gone. */
  restart(): void {
    if (!this.#closed) this.#lose();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    const mux = this.#mux;
    this.#mux = null;
    mux?.close();
  }

  #take(packet: Packet): void {
    if (this.#closed) return;
    if (this.#mux === null) {
      // Until the answer comes, everything is of a channel before this one.
      if (packet.kind === "hello" && packet.hello.epoch === this.#epoch) this.#answered(packet.hello.version);
      return;
    }
    if (packet.kind === "data") this.#mux.receive(packet.bytes);
    else if (packet.kind === "damage" || packet.hello.epoch !== this.#epoch) this.#lose();
  }

  #answered(version: number): void {
    clearInterval(this.#timer);
    if (version !== VERSION) {
      this.close();
      return this.events.refused(version);
    }
    const mux = new Yamux(
      (bytes) => this.#put(bytes),
      () => {
        if (this.#mux === mux) this.#lose();
      },
    );
    this.#mux = mux;
    this.events.connected(mux);
  }

  #put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += MAX_PACKET_BYTES) this.send(dataPacket(bytes.subarray(at, at + MAX_PACKET_BYTES)));
  }

  #lose(): void {
    const mux = this.#mux;
    this.#mux = null;
    mux?.close();
    if (mux !== null) this.events.lost();
    this.#greet();
  }

  #greet(): void {
    clearInterval(this.#timer);
    this.#epoch = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#timer = setInterval(() => this.send(helloPacket(this.#epoch)), HELLO_EVERY_MS);
    this.send(helloPacket(this.#epoch));
  }
}
