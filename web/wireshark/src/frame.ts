/// The dissecting frame's document: starts the worker with what the page hands it, and steps aside.
///
/// It may load nothing and has an origin of its own, so the page brings the files; page and worker then talk through a
/// port.

import type { Start } from "../../src/apps/wireshark/protocol";

function start(event: MessageEvent): void {
  const message = event.data as Start;
  const [port] = event.ports;
  if (event.source !== parent || message?.type !== "start" || !port) return;
  removeEventListener("message", start);
  const script = new Blob([message.loader, "\n;\n", message.worker], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(script));
  worker.onerror = (error) => parent.postMessage({ type: "failed", message: error.message }, "*");
  worker.postMessage({ wasm: message.wasm, data: message.data, port }, [message.wasm, message.data, port]);
}

addEventListener("message", start);
parent.postMessage({ type: "hello" }, "*");
