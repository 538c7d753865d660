import { describe, expect, it, vi } from "vitest";
import { DisplayConnection, type Channel } from "../../src/core/display";
import type { Socket } from "../../src/core/socket";

function setUp() {
  const socket: Socket & { sent: unknown[] } = {
    binaryType: "blob",
    readyState: 1,
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    sent: [],
    send: (data) => void socket.sent.push(data),
    close: () => undefined,
  };
  const attached: { channel: Channel; recorded: boolean }[] = [];
  new DisplayConnection(
    "s1",
    "app-1",
    () => "token",
    {
      attached: (channel, recorded) => attached.push({ channel, recorded }),
      detached: () => undefined,
      state: () => undefined,
      signedOut: () => undefined,
    },
    { up: vi.fn(), down: vi.fn(), leave: vi.fn() },
    () => socket,
  );
  return { attached, say: (data: string | ArrayBuffer) => socket.onmessage?.({ data } as MessageEvent) };
}

describe("a display's connection", () => {
  it("says whether the screen is recorded", () => {
    for (const recorded of [true, false]) {
      const { attached, say } = setUp();
      say(JSON.stringify({ type: "attached", recorded }));
      expect(attached.map((one) => one.recorded)).toEqual([recorded]);
    }
  });

  it("hands on bytes of the screen after that", () => {
    const { attached, say } = setUp();
    say(new ArrayBuffer(3));
    say("attached");
    say(new ArrayBuffer(5));
    expect(attached).toHaveLength(1);
    expect(attached[0]?.channel.received).toBe(5);
    expect(attached[0]?.recorded).toBe(false);
  });
});
