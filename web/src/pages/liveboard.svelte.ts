/// A board that is kept fresh: asks for what is new, which the server answers as soon as there is something. It
/// rests while nobody can see the page.

import { api } from "../core/account.svelte";
import type { ApiError } from "../core/api";
import type { Board } from "../core/types";
import { merged } from "./board";

const RETRY_MS = 3_000;

export class LiveBoard {
  board = $state.raw<Board | null>(null);
  /** The last answer failed; the next try comes by itself. */
  lost = $state(false);
  /** Asking again will not help. */
  refused = $state.raw<ApiError | null>(null);
  #stopped = false;

  constructor(course: string, lab: string) {
    void this.#run(`/courses/${encodeURIComponent(course)}/labs/${encodeURIComponent(lab)}/board`);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #run(path: string): Promise<void> {
    while (!this.#stopped) {
      await seen();
      try {
        const after = String(this.board?.stamp ?? 0);
        const news = await api.call<Board>(path, { query: { after } });
        if (this.#stopped) return;
        this.board = merged(this.board, news);
        this.lost = false;
      } catch (cause) {
        const error = cause as ApiError;
        if (error.status >= 400 && error.status < 500 && error.status !== 429) {
          this.refused = error;
          return;
        }
        this.lost = true;
        await new Promise((done) => setTimeout(done, RETRY_MS));
      }
    }
  }
}

/** Resolves when the page can be seen. */
function seen(): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((done) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      done();
    };
    document.addEventListener("visibilitychange", look);
  });
}
