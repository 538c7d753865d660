import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Channel, readRecords, record } from "../../src/core/channel";
import { partsOf, Transport } from "../../src/core/transport";

const utf8 = (text: string) => new TextEncoder().encode(text);

/** A server's end: answers questions when told to, and can lose a reply. */
class FakeEnd {
  batches: { seq: number; records: string[] }[] = [];
  asked: number[] = [];
  deleted = 0;
  lose = 0;
  down = false;
  refuse = 0;
  #waiting: ((answer: Response) => void) | null = null;

  fetcher = (async (input: RequestInfo | URL, init?: RequestInit) => {
    const url = new URL(String(input), "http://here");
    if (this.down) throw new TypeError("no answer");
    if (url.pathname === "/healthz") return new Response("ok");
    if (this.refuse > 0) return new Response("", { status: this.refuse });
    if (init?.method === "DELETE") this.deleted += 1;
    else if (url.search === "") return Response.json({ id: "c1", wait_ms: 1000 }, { status: 201 });
    else if (init?.method === "POST") this.#take(Number(url.searchParams.get("seq")), init.body as Uint8Array);
    else return this.#ask(Number(url.searchParams.get("after")), init?.signal);
    if (this.lose-- > 0) throw new TypeError("lost");
    return new Response(null, { status: 204 });
  }) as typeof fetch;

  #take(seq: number, body: Uint8Array) {
    const records: string[] = [];
    const whole = body.slice().buffer;
    readRecords(whole, 0, (kind, socket, bytes) => records.push(`${socket}:${kind}:${new TextDecoder().decode(bytes)}`));
    this.batches.push({ seq, records });
  }

  #ask(after: number, signal: AbortSignal | null | undefined): Promise<Response> {
    this.asked.push(after);
    return new Promise((done, failed) => {
      this.#waiting = done;
      signal?.addEventListener("abort", () => failed(new DOMException("", "AbortError")));
    });
  }

  answer(number: number, ...records: Uint8Array[]) {
    const batch = Uint8Array.from([0, 0, 0, number, ...records.flatMap((one) => [...one])]);
    this.#waiting?.(new Response(batch));
  }
}

function heardOn(socket: ReturnType<Channel["open"]>) {
  const heard: unknown[] = [];
  socket.onmessage = (event) => heard.push(typeof event.data === "string" ? event.data : [...new Uint8Array(event.data as ArrayBuffer)]);
  socket.onclose = (event) => heard.push(event.code);
  return heard;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Everything that waits for nothing but its turn is done. */
async function settle() {
  for (let n = 0; n < 5; n += 1) await vi.advanceTimersByTimeAsync(0);
}

describe("a polled channel", () => {
  it("carries several sockets, and the hello goes with the opening", async () => {
    const end = new FakeEnd();
    const channel = new Channel("/api/v1/sessions/s1", () => "secret", end.fetcher);
    const events = channel.open("events");
    const terminal = channel.open("terminals/t1");
    events.onopen = () => events.send("hello");
    terminal.onopen = () => terminal.send(utf8("ls"));
    const heard = [heardOn(events), heardOn(terminal)];
    await settle();
    expect(end.batches).toEqual([{ seq: 1, records: ["1:3:events", "2:3:terminals/t1", "1:0:hello", "2:1:ls"] }]);
    end.answer(1, record(0, 1, utf8("é")), record(1, 2, Uint8Array.of(7, 8)), record(2, 2, Uint8Array.of(17, 52)));
    await settle();
    expect(heard).toEqual([["é"], [[7, 8], 4404]]);
    expect(end.asked).toEqual([0, 1]);
  });

  it("sends a batch again under its number when the reply was lost, and what was typed meanwhile together", async () => {
    const end = new FakeEnd();
    const socket = new Channel("/s", () => null, end.fetcher).open("events");
    await settle();
    end.lose = 1;
    socket.send("a");
    await settle();
    for (const key of "bc") socket.send(key);
    await vi.advanceTimersByTimeAsync(300);
    expect(end.batches.slice(1)).toEqual([
      { seq: 2, records: ["1:0:a"] },
      { seq: 2, records: ["1:0:a"] },
      { seq: 3, records: ["1:0:b", "1:0:c"] },
    ]);
  });

  it("tells every socket when the server stays away", async () => {
    const end = new FakeEnd();
    const channel = new Channel("/s", () => null, end.fetcher);
    const heard = heardOn(channel.open("events"));
    await settle();
    end.down = true;
    end.answer(0);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([heard, channel.over]).toEqual([[1006], true]);
  });

  it.each([
    [401, 4401],
    [403, 4403],
    [404, 4404],
  ])("takes a refusal %i as close code %i", async (status, code) => {
    const end = new FakeEnd();
    end.refuse = status;
    const heard = heardOn(new Channel("/s", () => null, end.fetcher).open("events"));
    await settle();
    expect(heard).toEqual([code]);
  });

  it("is given up when its last socket is closed", async () => {
    const end = new FakeEnd();
    const channel = new Channel("/s", () => null, end.fetcher);
    const socket = channel.open("events");
    await settle();
    socket.close();
    await vi.advanceTimersByTimeAsync(3_000);
    expect([channel.over, end.deleted]).toEqual([true, 1]);
  });

  it("takes no records for some that break off", () => {
    const whole = record(0, 1, utf8("abc"));
    expect(readRecords(whole.slice(0, 10).buffer, 0, () => {})).toBe(false);
    expect(readRecords(whole.slice(0, 5).buffer, 0, () => {})).toBe(false);
  });
});

class FakeWebSocket extends EventTarget {
  closed = false;
  sent: unknown[] = [];
  send(data: unknown) {
    this.sent.push(data);
  }
  close() {
    this.closed = true;
  }
  end(code: number) {
    this.dispatchEvent(new CloseEvent("close", { code }));
  }
}

describe("the transport", () => {
  const URL_ = "ws://here/api/v1/sessions/s%201/terminals/t1";

  function setUp() {
    const end = new FakeEnd();
    const way = { polling: false };
    const sockets: FakeWebSocket[] = [];
    const make = () => {
      const socket = new FakeWebSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    };
    const transport = new Transport(() => null, way, end.fetcher, make);
    const fail = async () => {
      transport.dial(URL_);
      sockets.at(-1)?.end(1006);
      await settle();
    };
    return { end, way, sockets, transport, fail };
  }

  it("reads what a socket's address names", () => {
    expect(partsOf(URL_)).toEqual({ session: "/api/v1/sessions/s%201", to: "terminals/t1" });
  });

  it("polls after two WebSockets that brought nothing, while the server answers", async () => {
    const { way, fail, transport, end } = setUp();
    await fail();
    expect(way.polling).toBe(false);
    await fail();
    expect(way.polling).toBe(true);
    transport.dial(URL_);
    await settle();
    expect(end.batches[0]?.records).toEqual(["1:3:terminals/t1"]);
  });

  it("blames the line, not WebSockets, while the server does not answer", async () => {
    const { way, fail, end } = setUp();
    end.down = true;
    for (let n = 0; n < 5; n += 1) await fail();
    expect(way.polling).toBe(false);
  });

  it("does not count those that we closed, that brought a word, or that the server refused", async () => {
    const { way, transport, sockets } = setUp();
    for (let n = 0; n < 4; n += 1) {
      const socket = transport.dial(URL_);
      const made = sockets.at(-1);
      if (n % 3 === 0) socket.close();
      if (n % 3 === 1) made?.dispatchEvent(new MessageEvent("message", { data: "x" }));
      made?.end(n % 3 === 2 ? 4404 : 1006);
      await settle();
    }
    expect(way.polling).toBe(false);
  });

  it("tries WebSockets again, and goes back to them when the server's own refusal comes through", async () => {
    const { way, fail, sockets } = setUp();
    await fail();
    await fail();
    await vi.advanceTimersByTimeAsync(30_000);
    sockets.at(-1)?.end(1006);
    expect(way.polling).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    const trial = sockets.at(-1);
    trial?.dispatchEvent(new Event("open"));
    expect(trial?.sent).toEqual(["{}"]);
    trial?.end(4400);
    expect(way.polling).toBe(false);
  });

  it("gives up a WebSocket that does not open", async () => {
    const { transport, sockets } = setUp();
    transport.dial(URL_);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(sockets[0]?.closed).toBe(true);
  });
});
