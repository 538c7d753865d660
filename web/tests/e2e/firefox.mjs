#!/usr/bin/env node
// Firefox ESR as Playwright's channel `moz-firefox` can drive it, by WebDriver BiDi. Playwright sets the colour scheme of every
// page, with a command that an ESR learns only with the next one; here it is answered, with nothing done. All else passes.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { WebSocket, WebSocketServer } from "ws";

const NOT_YET = "emulation.setMediaFeaturesOverride";

const firefox = spawn(process.env.LABWRIGHT_FIREFOX ?? "firefox-esr", process.argv.slice(2), { stdio: ["ignore", "inherit", "pipe"] });
firefox.on("exit", (code) => process.exit(code ?? 1));
firefox.on("error", (error) => {
  console.error(`${error.message}; packaging/setup.sh test installs it`);
  process.exit(1);
});
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => firefox.kill(signal));

createInterface({ input: firefox.stderr }).on("line", (line) => {
  const address = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1];
  if (!address) return void console.error(line);
  const relay = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  relay.on("listening", () => console.error(`WebDriver BiDi listening on ws://127.0.0.1:${relay.address().port}`));
  relay.on("connection", (near) => pass(near, new WebSocket(`${address}/session`, { perMessageDeflate: false, maxPayload: 0 })));
});

/** Carries messages both ways until either end is over. */
function pass(near, far) {
  const waiting = [];
  near.on("message", (data) => {
    const { id, method } = JSON.parse(String(data));
    if (method === NOT_YET) near.send(JSON.stringify({ type: "success", id, result: {} }));
    else if (far.readyState === WebSocket.CONNECTING) waiting.push(String(data));
    else far.send(String(data));
  });
  far.on("open", () => waiting.forEach((data) => far.send(data)));
  far.on("message", (data) => near.send(String(data)));
  far.on("close", () => near.close());
  near.on("close", () => far.close());
  for (const end of [near, far]) end.on("error", () => end.close());
}
