// Boots a machine once and saves its state: `node boot.mjs JOB.json`. Its standard output is JSON lines:
// {"step":TEXT,"share":0..1}, at the end {"done":{…}}, or {"failed":TEXT,"console":TEXT}.
//
// JOB.json: {emulator, memory_bytes, vga_memory_bytes, bios, vga_bios, kernel, initramfs, cmdline,
// disk: {file, bytes, part_bytes}, nodes, state, timeout_s}; all files by absolute path.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Line } from "./line.mjs";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const { V86 } = await import(pathToFileURL(join(job.emulator, "build/libv86.mjs")).href);
const buffer = (file) => {
  const bytes = readFileSync(file);
  return { buffer: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) };
};

const machine = new V86({
  wasm_path: join(job.emulator, "build/v86.wasm"),
  memory_size: job.memory_bytes,
  vga_memory_size: job.vga_memory_bytes,
  bios: buffer(job.bios),
  vga_bios: buffer(job.vga_bios),
  bzimage: buffer(job.kernel),
  initrd: buffer(job.initramfs),
  cmdline: job.cmdline,
  hda: { url: job.disk.file, async: true, size: job.disk.bytes, use_parts: true, fixed_chunk_size: job.disk.part_bytes },
  virtio_console: true,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
  autostart: true,
});

const KEPT = 64 * 1024;
let heard = "";
let line = "";
let step = "booting";
const began = process.cpuUsage();
const cpu_s = () => {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
};
const marks = {};

function fail(words) {
  say({ failed: words, console: heard.slice(-4000) });
  process.exit(1);
}
const timer = setTimeout(() => fail(`it was not ready after ${job.timeout_s} s`), job.timeout_s * 1000);

/** The agent's own lines; the kernel is quiet. */
const WORDS = [
  ["ground prepared", "ground", 0.6, "starting the nodes"],
  [" ready at_ms=", "ready", 0.8, "lab ready, emptying caches"],
  ["labwright: settled", "settled", 0.95, "saving the state"],
];

function hear(text) {
  for (const [words, mark, share, note] of WORDS) {
    if (!(mark in marks) && text.includes(words)) {
      marks[mark] = cpu_s();
      say({ step: note, share });
      if (mark === "ready") setTimeout(() => machine.serial0_send("settled\n"), 500);
      if (mark === "settled") setTimeout(() => warm().then(save, (error) => fail(error.message)), 500);
    }
  }
  if (/ ERROR |Kernel panic|does not load|cannot be mounted/.test(text)) fail(text.trim());
}

machine.add_listener("serial0-output-byte", (byte) => {
  const char = String.fromCharCode(byte);
  heard = (heard + char).slice(-KEPT);
  if (process.env.LABWRIGHT_CONSOLE) process.stderr.write(char);
  if (char !== "\n") {
    line += char;
    return;
  }
  hear(line);
  line = "";
});
machine.add_listener("download-error", ({ file_name }) => fail(`${file_name} cannot be read`));

/** What a first prompt reads stays in memory, and nothing else does: whoever restores the machine need not unpack it. */
async function warm() {
  const line = new Line(machine);
  await line.begun;
  for (const node of job.nodes) {
    await line.terminal(node);
    await line.close(node);
  }
}

async function save() {
  clearTimeout(timer);
  await machine.stop();
  const state = await machine.save_state();
  writeFileSync(job.state, new Uint8Array(state));
  say({ done: { raw_bytes: state.byteLength, cpu_s: cpu_s(), marks } });
  process.exit(0);
}
say({ step, share: 0.1 });
