/// The short notices. They are never the only place of a message. Notes go after 6 s, but stay while the pointer or
/// the focus is on them; errors stay until they are closed.

import type { IconName } from "./icons";

export interface Toast {
  id: number;
  tone: "note" | "done" | "bad";
  text: string;
  icon: IconName;
  action?: { label: string; act: () => void };
}

const STAY_MS = 6_000;
/** More would cover the page. */
const MAX_TOASTS = 3;

class Toasts {
  all = $state.raw<Toast[]>([]);
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(tone: Toast["tone"], text: string, action?: Toast["action"], icon?: IconName): void {
    const id = this.#next++;
    const usual: IconName = tone === "done" ? "check" : tone === "bad" ? "alert" : "clock";
    const kept = this.all.filter((toast) => toast.text !== text).slice(1 - MAX_TOASTS);
    this.all = [...kept, { id, tone, text, icon: icon ?? usual, action }];
    this.resume(id);
  }

  done(text: string): void {
    this.show("done", text);
  }

  error(text: string): void {
    this.show("bad", text);
  }

  close(id: number): void {
    this.hold(id);
    this.all = this.all.filter((toast) => toast.id !== id);
  }

  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  resume(id: number): void {
    this.hold(id);
    const toast = this.all.find((one) => one.id === id);
    if (toast && toast.tone !== "bad") this.#timers.set(id, setTimeout(() => this.close(id), STAY_MS));
  }
}

export const toasts = new Toasts();

class Announcer {
  text = $state("");

  /** Reads one sentence out, politely. The same one twice is read twice. */
  say(text: string): void {
    this.text = "";
    setTimeout(() => (this.text = text), 50);
  }
}

export const announcer = new Announcer();
