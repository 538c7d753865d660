import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listen } from "../../src/apps/desktop/keyboard";

class Key extends Event {
  readonly ctrlKey = false;
  readonly metaKey = false;
  readonly altKey = false;
  readonly isComposing = false;
  readonly keyCode = 0;
  constructor(
    type: string,
    readonly key: string,
    readonly shiftKey = false,
  ) {
    super(type, { cancelable: true });
  }
  get code() {
    return this.key;
  }
}

class Field extends EventTarget {
  value = "";
  setSelectionRange() {}
  keys(...keys: [string, string, boolean?][]) {
    for (const [type, key, shift] of keys) this.dispatchEvent(new Key(type, key, shift));
  }
}

/** All that the desktop was told, in order. */
function desktop(): { field: Field; told: string[]; stop: () => void } {
  const field = new Field();
  const told: string[] = [];
  const stop = listen(field as unknown as HTMLTextAreaElement, {
    key: (event) => told.push(`${event.type} ${event.key}`),
    press: (keysym) => told.push(`press ${keysym}`),
    paste: (text) => told.push(`paste ${text}`),
    own: () => false,
  });
  return { field, told, stop };
}

const SHIFT_INSERT: [string, string, boolean?][] = [
  ["keydown", "Shift", true],
  ["keydown", "Insert", true],
  ["keyup", "Insert", true],
  ["keyup", "Shift"],
];
const LETTER: [string, string][] = [
  ["keydown", "a"],
  ["keyup", "a"],
];
const IN_ORDER = ["keydown Insert", "keyup Insert", "keyup Shift", "keydown a", "keyup a"];

describe("a paste", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is told before its keys, and nothing that is typed overtakes it", () => {
    const { field, told } = desktop();
    field.keys(...SHIFT_INSERT, ...LETTER);
    expect(told).toEqual(["keydown Shift"]);
    const paste = Object.assign(new Event("paste"), { clipboardData: { getData: () => "ça" } });
    field.dispatchEvent(paste);
    expect(told).toEqual(["keydown Shift", "paste ça", ...IN_ORDER]);
  });

  it("that the browser never tells is a key like others, after a while", () => {
    const { field, told } = desktop();
    field.keys(...SHIFT_INSERT, ...LETTER);
    vi.runAllTimers();
    expect(told).toEqual(["keydown Shift", ...IN_ORDER]);
  });

  it("holds nothing back when the desktop is left", () => {
    const { field, told, stop } = desktop();
    field.keys(...SHIFT_INSERT);
    stop();
    expect(told).toEqual(["keydown Shift", ...IN_ORDER.slice(0, 3)]);
  });
});
