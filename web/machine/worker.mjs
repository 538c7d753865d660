// A restored machine in a browser's worker, where a learner's page has it, too. It is served beside the folder of the machine
// and the emulator; a WebSocket takes the bytes of its console, and as text what `restored.mjs` says.
import { restore } from "./restored.mjs";

const here = (name) => new URL(name, import.meta.url).href;
const line = new WebSocket(here("line").replace(/^http/, "ws"));
line.binaryType = "arraybuffer";
const say = (value) => line.send(JSON.stringify(value));
const fail = (error) => say({ failed: String(error) });
// Out of memory shows up here, wherever it happens.
self.onerror = (event) => fail(typeof event === "string" ? event : (event.message ?? event.type));
self.onunhandledrejection = (event) => fail(event.reason);
// Who serves it is gone: nothing more is to be done here.
line.onclose = () => self.close();

line.onopen = async () => {
  say({ begun: true });
  const machine = await (await fetch(here("machine/machine.json"))).json();
  const { V86 } = await import(here("v86/libv86.mjs"));
  const input = restore(V86, {
    wasm: here("v86/v86.wasm"),
    file: (name) => here(`machine/${name}`),
    machine,
    output: (bytes) => line.send(bytes.slice()),
    say,
  });
  line.onmessage = ({ data }) => input(new Uint8Array(data));
};
