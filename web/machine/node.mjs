// A restored machine in Node: `node node.mjs MACHINE EMULATOR`, the folder of the machine and that of the npm package v86.
// Standard input and output are the bytes of its console; standard error is JSON lines, as `restored.mjs` says them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { restore } from "./restored.mjs";

const [folder, package_] = process.argv.slice(2);
const say = (value) => process.stderr.write(JSON.stringify(value) + "\n");
function fail(error) {
  say({ failed: String(error) });
  process.exitCode = 1;
  process.stderr.write("", () => process.exit(1));
}
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
// Who started it is gone.
process.stdin.on("end", () => process.exit(0));
process.stdout.on("error", () => process.exit(0));
// v86 says on standard output what went wrong; that is the console's here.
console.log = console.warn = console.error;

say({ begun: true });
const { V86 } = await import(pathToFileURL(join(package_, "build/libv86.mjs")).href);
const input = restore(V86, {
  wasm: join(package_, "build/v86.wasm"),
  file: (name) => join(folder, name),
  machine: JSON.parse(readFileSync(join(folder, "machine.json"), "utf8")),
  // A pipe takes it at once or holds this process, and so the machine.
  output: (bytes) => process.stdout.write(bytes.slice()),
  say,
});
process.stdin.on("data", input);
