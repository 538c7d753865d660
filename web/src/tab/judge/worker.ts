/// The worker of one query (run.ts). The page ends it when it takes too long.

import sqlite3InitModule from "@sqlite.org/sqlite-wasm";
import type { Question } from "./query";
import { run } from "./run";

self.onmessage = async (event: MessageEvent<Question>) => {
  try {
    const sqlite = await sqlite3InitModule();
    self.postMessage({ outcome: run(sqlite, event.data) });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
