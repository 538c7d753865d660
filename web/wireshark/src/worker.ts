/// The worker of the dissecting frame: takes the page's questions, one at a time, and answers them from Wireshark.

import type { WiregasmLibOverrides } from "@goodtools/wiregasm";
import type { Ask, Told } from "../../src/apps/wireshark/protocol";
import { Capture } from "./capture";
import { check, complete } from "./filter";
import { warm } from "./warm";

interface Begin {
  wasm: ArrayBuffer;
  data: ArrayBuffer;
  port: MessagePort;
}

onmessage = (event: MessageEvent<Begin>) => void begin(event.data);

async function begin({ wasm, data, port }: Begin): Promise<void> {
  const tell = (told: Told, transfer: Transferable[] = []) => port.postMessage(told, transfer);
  try {
    const overrides: WiregasmLibOverrides = {
      wasmBinary: wasm,
      getPreloadedPackage: () => data,
      locateFile: (path) => path,
      handleStatus() {},
      print() {},
      printErr() {},
    };
    const lib = await loadWiregasm(overrides);
    if (!lib.init()) throw new Error("Wireshark did not start");
    // Addresses as the lab has them: made-up makers of network cards would only confuse.
    lib.setPref("nameres", "mac_name", "FALSE");
    lib.applyPreferences();
    warm(lib);
    const capture = new Capture(lib, (rows) => tell({ told: "rows", ...rows }));
    port.onmessage = (asked: MessageEvent<Ask>) => answer(asked.data);
    tell({ told: "ready", version: lib.wiresharkVersion() });

    function answer(ask: Ask): void {
      if (ask.ask === "append") return capture.append(ask.bytes);
      if (ask.ask === "clear") return capture.clear();
      if (ask.ask === "look") return capture.look(ask.filter, ask.first, ask.count);
      tell({ told: "reply", id: ask.id, value: reply(ask) });
    }

    function reply(ask: Extract<Ask, { id: number }>): unknown {
      if (ask.ask === "check") return check(lib, ask.filter);
      if (ask.ask === "complete") return complete(lib, ask.field);
      if (ask.ask === "packet") return capture.packet(ask.number);
      if (ask.ask === "follow") return capture.follow(ask.kind, ask.filter);
      return capture.find(ask.filter, ask.number);
    }
  } catch (error) {
    tell({ told: "failed", message: error instanceof Error ? error.message : String(error) });
  }
}
