// The few bytes of the wire protocol (docs/wire-protocol.md) that it takes to open a terminal, by hand, so that they run as they
// are, without a build: for `boot.mjs` and `prompt.mjs`.

// Packets: COBS of kind, payload and CRC-32, then a zero.
const [HELLO, BYTES] = [0, 1];
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
const u32 = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const numberOf = (bytes) => bytes.reduce((value, byte) => value * 256 + byte, 0);

function stuff(plain) {
  const line = [];
  let run = [];
  for (const byte of plain) {
    if (byte !== 0) run.push(byte);
    if (byte === 0 || run.length === 254) {
      line.push(run.length + 1, ...run);
      run = [];
    }
  }
  return [...line, run.length + 1, ...run, 0];
}

function plainOf(line) {
  const plain = [];
  for (let at = 0; at < line.length; at += line[at]) {
    plain.push(...line.slice(at + 1, at + line[at]));
    if (line[at] !== 255 && at + line[at] < line.length) plain.push(0);
  }
  return plain;
}

// yamux: version, kind, flags, stream, length; then the bytes of data (hashicorp/yamux spec.md).
const [DATA, WINDOW, PING] = [0, 1, 2];
const [SYN, ACK] = [1, 2];
const PROMPT = /[$#] (\x1b\[[0-9;?]*[a-z])?$/;
const text = new TextDecoder();
const bytesOf = (words) => [...new TextEncoder().encode(words)];

/** A channel to a machine's agent. */
export class Line {
  #streams = new Map();
  #next = 1;
  #channel = [];

  constructor(machine) {
    this.machine = machine;
    const epoch = `export-${process.pid}`;
    let line = [];
    this.begun = new Promise((resolve) => {
      machine.add_listener("virtio-console0-output-bytes", (bytes) => {
        for (const byte of bytes) {
          if (byte !== 0) {
            line.push(byte);
            continue;
          }
          const [kind, ...payload] = plainOf(line).slice(0, -4);
          line = [];
          if (kind === BYTES) this.#take(payload);
          if (kind === HELLO && JSON.parse(text.decode(Uint8Array.from(payload))).epoch === epoch) resolve();
        }
      });
    });
    this.#put(HELLO, bytesOf(JSON.stringify({ version: 1, epoch })));
  }

  /** A terminal on a node; resolves when it shows a prompt. */
  terminal(node) {
    return this.#ask({ open: "pty", node, terminal: `first-${node}`, cols: 80, rows: 24, argv: [], user: null }, (said) => PROMPT.test(said));
  }

  /** Ends it. */
  close(node) {
    return this.#ask({ open: "pty_close", terminal: `first-${node}` }, (said) => said.includes('"done"'));
  }

  #ask(header, isEnough) {
    const stream = this.#next;
    this.#next += 2;
    const json = bytesOf(JSON.stringify(header));
    return new Promise((resolve, reject) => {
      let said = "";
      this.#streams.set(stream, (bytes) => {
        said += text.decode(bytes);
        if (said.includes('"reply":"failed"')) reject(new Error(said.slice(4)));
        if (isEnough(said)) resolve();
      });
      this.#frame(WINDOW, SYN, stream, 0);
      this.#frame(DATA, 0, stream, json.length + 4, [...u32(json.length), ...json]);
    });
  }

  #put(kind, payload) {
    const plain = [kind, ...payload];
    const line = stuff([...plain, ...u32(crc32(plain))]);
    this.machine.bus.send("virtio-console0-input-bytes", Uint8Array.from([0, ...line]));
  }

  #frame(kind, flags, stream, length, bytes = []) {
    this.#put(BYTES, [0, kind, 0, flags, ...u32(stream), ...u32(length), ...bytes]);
  }

  #take(bytes) {
    this.#channel.push(...bytes);
    while (this.#channel.length >= 12) {
      const [, kind, , flags] = this.#channel;
      const [stream, length] = [numberOf(this.#channel.slice(4, 8)), numberOf(this.#channel.slice(8, 12))];
      const whole = 12 + (kind === DATA ? length : 0);
      if (this.#channel.length < whole) return;
      const payload = Uint8Array.from(this.#channel.slice(12, whole));
      this.#channel = this.#channel.slice(whole);
      if (kind === PING && flags === SYN) this.#frame(PING, ACK, 0, length);
      if (kind === DATA) this.#streams.get(stream)?.(payload);
    }
  }
}
