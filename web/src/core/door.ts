/// The page's way to whoever answers it: a server. `tab/main.ts` puts a server of its own there before anything asks.

import type { Dial } from "./socket";

export const door: {
  fetch: typeof fetch;
  /** Null is a WebSocket, or what stands in for one. */
  dial: Dial | null;
  /** What addresses of the page's parts begin with. */
  files: string;
  /** There is a network in between, which can be gone. */
  remote: boolean;
} = {
  fetch: (input, init) => fetch(input, init),
  dial: null,
  files: "",
  remote: true,
};
