/// A line between browser and server that can be cut, and that can refuse WebSockets as some networks do.
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export class Line {
  blocked = false;
  #cut = false;
  #server: Server | null = null;
  #open = new Set<Socket>();

  constructor(private readonly to: number) {}

  async listen(): Promise<string> {
    const server = createServer((near) => this.#join(near));
    this.#server = server;
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Everything that is open dies, and nothing new comes through. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#open) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((done) => this.#server?.close(done));
  }

  #join(near: Socket): void {
    near.on("error", () => near.destroy());
    if (this.#cut) return void near.destroy();
    near.once("data", (head) => {
      if (this.blocked && /^upgrade: websocket/im.test(head.toString("latin1"))) {
        near.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        return;
      }
      const far = connect(this.to, "127.0.0.1");
      for (const [socket, other] of [[near, far], [far, near]] as const) {
        this.#open.add(socket);
        socket.setNoDelay(true);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => {
          this.#open.delete(socket);
          other.destroy();
        });
      }
      far.write(head);
      near.pipe(far).pipe(near);
    });
  }
}
