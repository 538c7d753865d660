// Restores a saved machine as a page would, and opens a terminal on each of its nodes: `node prompt.mjs JOB.json`. Proves
// that the state is whole, and finds the parts of the disk that a first prompt needs. Its standard output is JSON lines:
// at the end {"done":{parts,started_cpu_s,prompt_cpu_s}}, or {"failed":TEXT,"console":TEXT}.
//
// JOB.json: {emulator, memory_bytes, vga_memory_bytes, bios, vga_bios, disk: {file, bytes, part_bytes}, state, nodes, timeout_s}.
import fs from "node:fs/promises";
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Line } from "./line.mjs";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
let heard = "";
function fail(words) {
  say({ failed: words, console: heard.slice(-4000) });
  process.exit(1);
}
setTimeout(() => fail(`it showed no prompt after ${job.timeout_s} s`), job.timeout_s * 1000);

// The emulator reads a file a part.
const parts = [];
const prefix = `${job.disk.file.slice(0, -".img".length)}-`;
const read = fs.readFile;
fs.readFile = (path, ...rest) => {
  if (String(path).startsWith(prefix)) {
    const part = Number.parseInt(String(path).slice(prefix.length), 10) / job.disk.part_bytes;
    if (!parts.includes(part)) parts.push(part);
  }
  return read(path, ...rest);
};
syncBuiltinESMExports();

const { V86 } = await import(pathToFileURL(join(job.emulator, "build/libv86.mjs")).href);
const cpu_s = () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6;
const before = cpu_s();
const machine = new V86({
  wasm_path: join(job.emulator, "build/v86.wasm"),
  memory_size: job.memory_bytes,
  vga_memory_size: job.vga_memory_bytes,
  bios: { url: job.bios },
  vga_bios: { url: job.vga_bios },
  hda: { url: job.disk.file, async: true, size: job.disk.bytes, use_parts: true, fixed_chunk_size: job.disk.part_bytes },
  virtio_console: true,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
  initial_state: { url: job.state },
  autostart: true,
});
machine.add_listener("serial0-output-byte", (byte) => (heard += String.fromCharCode(byte)));

machine.add_listener("emulator-started", async () => {
  const started_cpu_s = cpu_s() - before;
  const line = new Line(machine);
  await line.begun;
  let prompt_cpu_s = 0;
  for (const node of job.nodes) {
    await line.terminal(node).catch((error) => fail(error.message));
    prompt_cpu_s ||= cpu_s() - before;
  }
  say({ done: { parts, started_cpu_s, prompt_cpu_s } });
  process.exit(0);
});
