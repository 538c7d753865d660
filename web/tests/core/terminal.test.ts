import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Socket } from "../../src/core/socket";
import { TerminalConnection, type TerminalState } from "../../src/core/terminal";

class FakeSocket implements Socket {
  binaryType: BinaryType = "blob";
  readyState = 1;
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  sent: (string | Uint8Array)[] = [];
  closed = false;

  constructor(readonly url: string) {}
  send(data: string | ArrayBufferView<ArrayBuffer>) {
    this.sent.push(data as string | Uint8Array);
  }
  close() {
    this.closed = true;
  }
  open() {
    this.onopen?.(new Event("open"));
  }
  say(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) } as MessageEvent);
  }
  output(text: string) {
    this.onmessage?.({ data: new TextEncoder().encode(text).buffer } as MessageEvent);
  }
  lose(code = 1006) {
    this.onclose?.({ code } as CloseEvent);
  }
  hello(): Record<string, unknown> {
    return JSON.parse(this.sent[0] as string) as Record<string, unknown>;
  }
}

function setUp() {
  const sockets: FakeSocket[] = [];
  const seen = {
    live: "",
    past: "",
    restarts: [] as boolean[],
    states: [] as TerminalState[],
    exits: [] as (number | null)[],
    refused: 0,
    signedOut: 0,
  };
  const line = { up: vi.fn(), down: vi.fn(), leave: vi.fn(), suspect: vi.fn() };
  const connection = new TerminalConnection(
    "s1",
    "t1",
    () => "token",
    { cols: 80, rows: 24 },
    {
      output: (bytes, replay) => {
        const text = new TextDecoder().decode(bytes);
        if (replay) seen.past += text;
        else seen.live += text;
      },
      restart: (lost) => seen.restarts.push(lost),
      state: (state) => seen.states.push(state),
      exit: (status) => seen.exits.push(status),
      refused: () => (seen.refused += 1),
      signedOut: () => (seen.signedOut += 1),
    },
    line,
    (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
  );
  return { sockets, seen, line, connection, last: () => sockets[sockets.length - 1] as FakeSocket };
}

const keys = (text: string) => new TextEncoder().encode(text);

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

describe("attaching", () => {
  it("asks for everything first, and tells the past from the present", () => {
    const { last, seen } = setUp();
    last().open();
    expect(last().hello()).toEqual({ token: "token", cols: 80, rows: 24, since: null });
    last().say({ type: "attached", offset: 10, end: 15, lost: false });
    last().output("hello world");
    expect(seen.past).toBe("hello");
    expect(seen.live).toBe(" world");
    expect(seen.states).toEqual(["live"]);
  });

  it("comes back with the offset that it has reached, and does not start the screen anew", () => {
    const { last, seen, sockets } = setUp();
    last().open();
    last().say({ type: "attached", offset: 0, end: 0, lost: false });
    last().output("12345");
    last().lose();
    expect(seen.states).toEqual(["live", "cut"]);
    vi.advanceTimersByTime(300);
    expect(sockets).toHaveLength(2);
    last().open();
    expect(last().hello().since).toBe(5);
    last().say({ type: "attached", offset: 5, end: 8, lost: false });
    last().output("678");
    expect(seen.restarts).toEqual([]);
    expect(seen.past).toBe("678");
  });

  it("starts the screen anew when some of the output is gone", () => {
    const { last, seen } = setUp();
    last().open();
    last().say({ type: "attached", offset: 0, end: 0, lost: false });
    last().output("12345");
    last().lose();
    vi.advanceTimersByTime(300);
    last().open();
    last().say({ type: "attached", offset: 900, end: 950, lost: true });
    expect(seen.restarts).toEqual([true]);
  });
});

describe("keys", () => {
  it("are sent while live, in pieces when there are many", () => {
    const { last, connection } = setUp();
    last().open();
    last().say({ type: "attached", offset: 0, end: 0, lost: false });
    expect(connection.input(keys("a".repeat(20_000)))).toBe(true);
    const sizes = last().sent.slice(1).map((data) => data.length);
    expect(sizes).toEqual([8192, 8192, 3616]);
  });

  it("are refused while the line is cut, and not sent later", () => {
    const { last, connection, seen } = setUp();
    last().open();
    last().say({ type: "attached", offset: 0, end: 0, lost: false });
    last().lose();
    expect(connection.input(keys("rm -rf"))).toBe(false);
    expect(seen.refused).toBe(1);
    vi.advanceTimersByTime(300);
    last().open();
    last().say({ type: "attached", offset: 0, end: 0, lost: false });
    expect(last().sent).toHaveLength(1);
  });

  it("without an answer make the line suspect", () => {
    const { last, connection, line } = setUp();
    last().open();
    last().say({ type: "attached", offset: 0, end: 0, lost: false });
    connection.input(keys("a"));
    vi.advanceTimersByTime(2500);
    expect(line.suspect).toHaveBeenCalledOnce();
  });
});

describe("ends", () => {
  it("reports the exit and does not come back", () => {
    const { last, seen, sockets, line } = setUp();
    last().open();
    last().say({ type: "attached", offset: 0, end: 0, lost: false });
    last().say({ type: "exit", status: 130 });
    vi.advanceTimersByTime(20_000);
    expect(seen.exits).toEqual([130]);
    expect(sockets).toHaveLength(1);
    expect(line.leave).toHaveBeenCalled();
  });

  it.each([
    [4404, "ended"],
    [4403, "ended"],
  ])("takes close code %i as the end", (code, state) => {
    const { last, seen } = setUp();
    last().lose(code);
    expect(seen.states.at(-1)).toBe(state);
  });

  it("asks to sign in when the token is refused", () => {
    const { last, seen, sockets } = setUp();
    last().lose(4401);
    vi.advanceTimersByTime(20_000);
    expect(seen.signedOut).toBe(1);
    expect(sockets).toHaveLength(1);
  });

  it("waits for a session that is not ready, without calling the line cut", () => {
    const { last, seen, line, sockets } = setUp();
    last().lose(4409);
    expect(seen.states).toEqual(["waiting"]);
    expect(line.down).not.toHaveBeenCalled();
    vi.advanceTimersByTime(300);
    expect(sockets).toHaveLength(2);
  });

  it("stays closed", () => {
    const { connection, sockets, last } = setUp();
    connection.close();
    expect(last().closed).toBe(true);
    connection.retryNow();
    vi.advanceTimersByTime(20_000);
    expect(sockets).toHaveLength(1);
  });
});

describe("a flood", () => {
  it("hangs up when too much waits to be drawn, and comes back for the rest", () => {
    const { last, connection, sockets, seen } = setUp();
    last().open();
    last().say({ type: "attached", offset: 0, end: 0, lost: false });
    const block = "x".repeat(1024 * 1024);
    for (let n = 0; n < 5; n += 1) last().output(block);
    expect(last().closed).toBe(true);
    expect(seen.states).toEqual(["live"]);
    connection.drawn(5 * block.length);
    expect(sockets).toHaveLength(2);
    last().open();
    expect(last().hello().since).toBe(5 * block.length);
  });
});
