// A make-believe shell: echoes what is typed, knows a few commands, keeps its output with offsets. Test ring only.

const KEEP_BYTES = 256 * 1024;

export class FakeShell {
  constructor(node, say = () => {}) {
    this.node = node;
    this.say = say;
    this.kept = Buffer.alloc(0);
    this.start = 0;
    this.line = "";
    this.ended = null;
    this.listeners = new Set();
    this.received = "";
    this.write(`Node ${node}. Your files are kept when the lab sleeps.\r\n${this.prompt()}`);
  }

  get end() {
    return this.start + this.kept.length;
  }

  prompt() {
    return `\x1b[32mstudent@${this.node}\x1b[0m:\x1b[34m~\x1b[0m$ `;
  }

  write(text) {
    const bytes = Buffer.from(text);
    this.kept = Buffer.concat([this.kept, bytes]);
    if (this.kept.length > KEEP_BYTES) {
      const cut = this.kept.length - KEEP_BYTES;
      this.kept = this.kept.subarray(cut);
      this.start += cut;
    }
    for (const listener of this.listeners) listener.output(bytes);
  }

  since(offset) {
    const from = Math.max(this.start, Math.min(offset ?? this.start, this.end));
    return { offset: from, lost: offset !== null && offset !== undefined && offset < this.start, bytes: this.kept.subarray(from - this.start) };
  }

  input(bytes) {
    const text = bytes.toString("utf8").replace(/\x1b\[20[01]~/g, "");
    this.received += text;
    for (const char of text) this.key(char);
  }

  key(char) {
    if (char === "\r") return this.run();
    if (char === "\x03") {
      this.line = "";
      return this.write(`^C\r\n${this.prompt()}`);
    }
    if (char === "\x7f") {
      if (this.line === "") return;
      this.line = this.line.slice(0, -1);
      return this.write("\b \b");
    }
    if (char < " ") return;
    this.line += char;
    this.write(char);
  }

  run() {
    const [command, ...words] = this.line.trim().split(/\s+/);
    const rest = this.line.trim().slice(command.length).trim();
    this.line = "";
    this.write("\r\n");
    if (command === "exit") return this.finish(Number(words[0] ?? 0));
    if (command === "echo") this.write(`${rest}\r\n`);
    else if (command === "seq") this.write(Array.from({ length: Number(words[0]) }, (_, n) => `${n + 1}\r\n`).join(""));
    else if (command === "link") this.write("\x1b]8;;https://example.org/page\x1b\\the page\x1b]8;;\x1b\\\r\n");
    else if (command === "steal") this.write("\x1b]52;c;c3RvbGVu\x07");
    else if (command === "ask") this.write("\x1b[c\x1b[6n");
    else if (command !== "") this.write(`sh: ${command}: not found\r\n`);
    this.write(this.prompt());
  }

  finish(status) {
    this.ended = status;
    for (const listener of this.listeners) listener.exit(status);
  }
}
