/// What the tab does of a gateway's and a grader's work for a machine of its own; the machine itself is in machine/ and in
/// the story of a browser.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { judgeOutput } from "../../src/tab/judge/script";
import { Blocks } from "../../src/tab/machine/blocks";

const MONDAY = readFileSync(`${import.meta.dirname}/../../../labs/wireshark-intro/assets/monday.pcapng`);

describe("a check's output", () => {
  const judged = (code: number, stdout: string) => judgeOutput({ exit: { code }, stdout });

  it("is a verdict by its status, and a share by its last score that counts", () => {
    expect(judged(0, "well done\n")).toEqual({ verdict: "done", share: 1, feedback: ["well done"] });
    expect(judged(0, "score 0.25\nscore 0.5\nscore 7\n").share).toBe(0.5);
    expect(judged(1, "half of it\nscore 0.5\n")).toEqual({ verdict: "part", share: 0.5, feedback: ["half of it"] });
    expect(judged(1, "score 1\n")).toEqual({ verdict: "not_yet", share: 0, feedback: [] });
    for (const words of ["score", "score x", "score 0x1", "score 0.5 of it", "my score 0.5"]) {
      expect(judged(1, words), words).toEqual({ verdict: "not_yet", share: 0, feedback: [words] });
    }
  });

  it("costs nothing when the check broke, and what it printed is not shown", () => {
    const broken = { verdict: "broken", share: 0, feedback: [] };
    expect(judged(2, "secret\nscore 1\n")).toEqual(broken);
    expect(judgeOutput({ exit: { signal: 9 }, stdout: "" })).toEqual(broken);
    expect(judgeOutput({ exit: null, stdout: "" })).toEqual(broken);
  });

  it("is printable, and bounded", () => {
    const { feedback } = judged(1, `a\tb\u001b[31m\u202ec  \r\n${"x".repeat(500)}\n\n${"y\n".repeat(80)}`);
    expect(feedback).toHaveLength(50);
    expect(feedback[0]).toBe("a b[31mc");
    expect(feedback[1]).toHaveLength(400);
    expect(feedback[2]).toBe("");
  });
});

describe("blocks of a capture", () => {
  it("are whole, however the stream is cut", () => {
    for (const size of [1, 7, 64, 1000, MONDAY.length]) {
      const blocks = new Blocks();
      const parts: Uint8Array[] = [];
      for (let at = 0; at < MONDAY.length; at += size) {
        const whole = blocks.push(MONDAY.subarray(at, at + size));
        if (whole) parts.push(whole.bytes);
      }
      expect(Buffer.concat(parts).equals(MONDAY), `cut at ${size}`).toBe(true);
    }
  });

  it("of statistics are told, and what is no block ends the stream", () => {
    const block = Buffer.alloc(48);
    block.writeUInt32LE(5, 0);
    block.writeUInt32LE(48, 4);
    block.writeUInt16LE(4, 20);
    block.writeUInt16LE(8, 22);
    block.writeBigUInt64LE(26n, 24);
    block.writeUInt16LE(5, 32);
    block.writeUInt16LE(8, 34);
    block.writeBigUInt64LE(3n, 36);
    block.writeUInt32LE(48, 44);
    expect(new Blocks().push(block)?.counts).toEqual({ passed: 26, dropped: 3 });
    for (const length of [0, 8, 13, 1 << 30]) {
      block.writeUInt32LE(length, 4);
      expect(new Blocks().push(block), String(length)).toBeNull();
    }
  });
});
