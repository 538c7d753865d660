/// Something that is kept fresh by asking for what is newer than a stamp, which the server answers as soon as there is
/// something. Unlike the board it goes on while nobody sees the page: a teacher is on duty in another tab too.

import { api } from "../core/account.svelte";
import type { ApiError } from "../core/api";

const RETRY_MS = 3_000;

export class Polled<T extends { stamp: number }> {
  now = $state.raw<T | null>(null);
  /** The last answer failed; the next try comes by itself. */
  lost = $state(false);
  /** Asking again will not help. */
  refused = $state.raw<ApiError | null>(null);
  #stopped = false;

  /** `over`: there will be no news after this. */
  constructor(path: string, over: (now: T) => boolean = () => false) {
    void this.#run(path, over);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** What an answer to something else said already. */
  take(news: T): void {
    this.now = news;
  }

  async #run(path: string, over: (now: T) => boolean): Promise<void> {
    while (!this.#stopped) {
      try {
        const news = await api.call<T>(path, { query: { after: String(this.now?.stamp ?? 0) } });
        if (this.#stopped) return;
        this.now = news;
        this.lost = false;
        if (over(news)) return;
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
