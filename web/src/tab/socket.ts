/// A socket whose other end is in this tab. To its user it is a WebSocket.

import type { Socket } from "../core/socket";

export interface Other {
  /** The first message was said, or another. */
  text(text: string): void;
  bytes(bytes: Uint8Array): void;
  /** The user has closed it. */
  closed(): void;
}

export class TabSocket implements Socket {
  binaryType: BinaryType = "arraybuffer";
  readyState = 0;
  readonly protocol = "";
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  #other: Other | null = null;

  /** Opens when its user had time to listen. */
  constructor(join: (socket: TabSocket) => Other) {
    queueMicrotask(() => {
      if (this.readyState !== 0) return;
      this.#other = join(this);
      this.readyState = 1;
      this.onopen?.(new Event("open"));
    });
  }

  send(data: string | ArrayBufferView<ArrayBuffer>): void {
    if (this.readyState !== 1) return;
    if (typeof data === "string") this.#other?.text(data);
    else this.#other?.bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  close(code = 1000): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#other?.closed();
    queueMicrotask(() => this.onclose?.(new CloseEvent("close", { code })));
  }

  /** The other end says something. */
  hear(data: string | ArrayBuffer): void {
    if (this.readyState === 1) this.onmessage?.(new MessageEvent("message", { data }));
  }

  /** The other end hangs up. */
  end(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#other?.closed();
    this.onclose?.(new CloseEvent("close", { code }));
  }
}
