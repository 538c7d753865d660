import { describe, expect, it } from "vitest";
import { change, KEYSYM, keysymOf } from "../../src/apps/desktop/keysyms";

describe("keysyms", () => {
  it("are Latin 1 as it is, and Unicode with a mark", () => {
    expect(keysymOf("a")).toBe(0x61);
    expect(keysymOf("é")).toBe(0xe9);
    expect(keysymOf("€")).toBe(0x010020ac);
    expect(keysymOf("日")).toBe(0x010065e5);
    expect(keysymOf("🙂")).toBe(0x0101f642);
    expect(keysymOf("\n")).toBe(KEYSYM.Return);
  });

  it("follow a telephone's changes of the word being written", () => {
    expect(change("", "sal")).toEqual({ back: 0, text: "sal" });
    expect(change("salu", "salut")).toEqual({ back: 0, text: "t" });
    expect(change("teh", "the ")).toEqual({ back: 2, text: "he " });
    expect(change("🙂", "")).toEqual({ back: 1, text: "" });
  });
});
