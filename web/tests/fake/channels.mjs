// The make-believe server's polled channels: sockets that look like those of `ws`, over HTTPS questions. Test ring only.
import { EventEmitter } from "node:events";

const WAIT_MS = 25_000;

class PolledSocket extends EventEmitter {
  readyState = 1;

  constructor(channel, number) {
    super();
    Object.assign(this, { channel, number });
  }

  send(data) {
    const text = typeof data === "string";
    if (this.readyState === 1) this.channel.put(text ? 0 : 1, this.number, Buffer.from(data));
  }

  close(code = 1005) {
    if (this.readyState !== 1) return;
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(code);
    this.channel.put(2, this.number, bytes);
    this.terminate();
  }

  terminate() {
    if (this.readyState !== 1) return;
    this.readyState = 3;
    this.channel.sockets.delete(this.number);
    this.emit("close");
  }
}

class PolledChannel {
  sockets = new Map();
  waiting = [];
  batch = 0;
  kept = null;
  taken = 0;
  wake = () => {};

  put(kind, number, bytes) {
    const head = Buffer.alloc(9);
    head.writeUInt8(kind);
    head.writeUInt32BE(number, 1);
    head.writeUInt32BE(bytes.length, 5);
    this.waiting.push(head, bytes);
    this.wake();
  }

  async news(after) {
    if (after === this.batch) this.kept = null;
    this.wake();
    if (this.kept === null && this.waiting.length === 0) {
      await new Promise((done) => {
        const timer = setTimeout(done, WAIT_MS);
        this.wake = () => (clearTimeout(timer), done());
      });
    }
    if (this.kept === null && this.waiting.length > 0) {
      const number = Buffer.alloc(4);
      number.writeUInt32BE((this.batch += 1));
      this.kept = Buffer.concat([number, ...this.waiting.splice(0)]);
    }
    if (this.kept !== null) return this.kept;
    const same = Buffer.alloc(4);
    same.writeUInt32BE(this.batch);
    return same;
  }

  take(seq, batch, open) {
    if (seq <= this.taken) return;
    this.taken = seq;
    for (let at = 0; at < batch.length; ) {
      const [kind, number, length] = [batch.readUInt8(at), batch.readUInt32BE(at + 1), batch.readUInt32BE(at + 5)];
      const bytes = batch.subarray(at + 9, (at += 9 + length));
      if (kind === 3) {
        const socket = new PolledSocket(this, number);
        this.sockets.set(number, socket);
        open(bytes.toString(), socket);
      } else if (kind === 2) this.sockets.get(number)?.terminate();
      else this.sockets.get(number)?.emit("message", bytes, kind === 1);
    }
  }
}

export class PolledChannels {
  all = new Map();
  next = 1;
  /** How many batches and questions have come. */
  asked = 0;

  constructor(join) {
    this.join = join;
  }

  forget() {
    for (const channel of this.all.values()) for (const socket of channel.sockets.values()) socket.terminate();
    for (const channel of this.all.values()) channel.wake();
    this.all.clear();
  }

  async serve(request, url, response) {
    const [, api, version, noun, session, , id] = url.pathname.split("/");
    this.asked += 1;
    if (id === undefined) {
      const made = `c${this.next++}`;
      this.all.set(made, new PolledChannel());
      return response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ id: made, wait_ms: WAIT_MS }));
    }
    const channel = this.all.get(id);
    if (!channel) return response.writeHead(404).end();
    if (request.method === "GET") return response.writeHead(200).end(await channel.news(Number(url.searchParams.get("after"))));
    if (request.method === "POST") {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const open = (to, socket) => this.join(`/${api}/${version}/${noun}/${session}/${to}`, socket);
      channel.take(Number(url.searchParams.get("seq")), Buffer.concat(chunks), open);
    } else {
      for (const socket of channel.sockets.values()) socket.terminate();
      channel.wake();
      this.all.delete(id);
    }
    response.writeHead(204).end();
  }
}
