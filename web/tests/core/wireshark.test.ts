/// The Wireshark tab's pure parts, and its live line against a made-up socket.
import { describe, expect, it } from "vitest";
import { tone } from "../../src/apps/wireshark/colours";
import { find, linesOf, nameOf, pathTo, valueOf } from "../../src/apps/wireshark/fields";
import { readable } from "../../src/apps/wireshark/hex";
import { Live, type LiveState } from "../../src/core/capture";
import { namesOf } from "../../src/apps/wireshark/names";
import type { Field } from "../../src/apps/wireshark/protocol";
import type { Socket } from "../../src/core/socket";
import { pause } from "../../wireshark/src/schedule";

function field(label: string, filter: string, start = 0, length = 0, fields: Field[] = [], source = 0): Field {
  return { label, filter, start, length, source, severity: "", packet: 0, fields };
}

const PACKET = [
  field("Frame 3: 74 bytes on wire", "frame", 0, 74, [field("Frame Number: 3", "frame.number == 3")]),
  field("Ethernet II", "eth", 0, 14),
  field("Transmission Control Protocol", "tcp", 34, 40, [
    field("Flags: 0x002 (SYN)", "tcp.flags == 0x0002", 46, 2, [
      field(".... .... ..1. = Syn: Set", "tcp.flags.syn == True", 47, 1),
      field(".... .... ...0 = Fin: Not set", "tcp.flags.fin == False", 47, 1),
    ]),
    field("Option", "tcp.option_kind == 2", 54, 1),
    field("Option", "tcp.option_kind == 4", 58, 1),
  ]),
];

describe("fields", () => {
  it("are lines, opened ones with what they hold", () => {
    expect(linesOf(PACKET, new Set()).map((line) => line.key)).toEqual(["/frame", "/eth", "/tcp"]);
    const open = linesOf(PACKET, new Set(["/tcp", "/tcp/tcp.flags"]));
    expect(open.map((line) => [line.key.split("/").pop(), line.level])).toEqual([
      ["frame", 1],
      ["eth", 1],
      ["tcp", 1],
      ["tcp.flags", 2],
      ["tcp.flags.syn", 3],
      ["tcp.flags.fin", 3],
      ["tcp.option_kind", 2],
      ["tcp.option_kind#2", 2],
    ]);
  });

  it("have a name and a value to take along", () => {
    const flags = find(PACKET, "/tcp/tcp.flags");
    expect(flags && [nameOf(flags), valueOf(flags)]).toEqual(["tcp.flags", "0x0002"]);
    expect(valueOf(field("Host: shop.example", 'http.host == "shop.example"'))).toBe("shop.example");
    expect(valueOf(field("[Expert: odd]", ""))).toBe("odd]");
    expect(find(PACKET, "/udp")).toBeNull();
  });

  it("are found from a byte: the smallest one", () => {
    expect(pathTo(PACKET, 0, 47)).toEqual(["/tcp", "/tcp/tcp.flags", "/tcp/tcp.flags/tcp.flags.syn"]);
    expect(pathTo(PACKET, 0, 3)).toEqual(["/eth"]);
    expect(pathTo(PACKET, 0, 20)).toEqual(["/frame"]);
    expect(pathTo(PACKET, 1, 3)).toEqual([]);
  });
});

describe("what is read", () => {
  it("is text where it is that, and points where not", () => {
    expect(readable(new TextEncoder().encode("déjà vu\r\n"))).toBe("déjà vu\r\n");
    expect(readable(Uint8Array.of(0x41, 0x00, 0xff, 0x0a))).toBe("A..\n");
  });

  it("has a tone by Wireshark's rule, and nodes by name", () => {
    expect([tone(0xfaf0d7), tone(0x123456)]).toEqual(["arp", "plain"]);
    const node = { name: "client", addresses: { lan: ["10.0.0.2", "fd00::2"] } };
    expect(namesOf({ nodes: [node] } as never).get("fd00::2")).toBe("client");
  });
});

describe("reading again", () => {
  it("waits longer the longer it takes", () => {
    expect(pause(1000, 0, 5)).toBe(0);
    expect(pause(1000, 990, 2)).toBe(20);
    expect(pause(1000, 1000, 400)).toBe(1200);
  });
});

class Line {
  seen: string[] = [];
  up = () => this.seen.push("up");
  down = () => this.seen.push("down");
  leave = () => this.seen.push("leave");
}

function start() {
  const sockets: (Socket & { said: unknown[] })[] = [];
  const states: LiveState[] = [];
  const got: number[] = [];
  const dial = () => {
    const said: unknown[] = [];
    const socket = { readyState: 1, said, send: (text: string) => said.push(JSON.parse(text)), close() {} };
    sockets.push(socket as never);
    return socket as never;
  };
  const events = {
    packets: (bytes: Uint8Array) => got.push(bytes.length),
    state: (state: LiveState) => states.push(state),
    dropped: (count: number) => got.push(-count),
    signedOut: () => states.push("refused"),
  };
  const line = new Line();
  const live = new Live("s1", "client:lan", () => "token", events, line, dial);
  const hear = (message: object | Uint8Array) => {
    const data = message instanceof Uint8Array ? message.buffer : JSON.stringify(message);
    sockets[sockets.length - 1]?.onmessage?.({ data } as MessageEvent);
  };
  const close = (code: number) => sockets[sockets.length - 1]?.onclose?.({ code } as CloseEvent);
  return { live, sockets, states, got, line, hear, close };
}

describe("a live capture", () => {
  it("says who it is, takes packets in and says so", () => {
    const { sockets, states, got, hear } = start();
    sockets[0]?.onopen?.(new Event("open"));
    hear({ type: "started" });
    hear(new Uint8Array(60_000));
    hear(new Uint8Array(8_000));
    hear({ type: "counts", passed: 9, dropped: 2 });
    expect(sockets[0]?.said).toEqual([
      { token: "token", snap: null },
      { type: "ack", offset: 0 },
      { type: "ack", offset: 68_000 },
    ]);
    expect([states, got]).toEqual([["live"], [60_000, 8_000, -2]]);
  });

  it("comes back after a cut, and not after it was stopped", () => {
    const { live, sockets, states, line, hear, close } = start();
    hear({ type: "started" });
    close(1006);
    expect(states).toEqual(["live", "cut"]);
    live.retryNow();
    expect(sockets.length).toBe(2);
    hear({ type: "started" });
    live.stop();
    expect(sockets[1]?.said).toContainEqual({ type: "stop" });
    hear({ type: "stopped" });
    close(1000);
    live.retryNow();
    expect([sockets.length, states[states.length - 1]]).toEqual([2, "stopped"]);
    expect(line.seen).toEqual(["up", "down", "up", "leave"]);
  });

  it("ends where there is nothing to capture", () => {
    const { live, states, close } = start();
    close(4409);
    live.retryNow();
    close(4404);
    expect(states).toEqual(["waiting", "refused"]);
    live.close();
  });
});
