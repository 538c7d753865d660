/// What failed while there was no line is tried again when there is one.

import { untrack } from "svelte";
import { line } from "./line.svelte";

/** For a component while it is made: calls `retry` once the line is back, when `failed` held while there was none. */
export function againOnLine(failed: () => boolean, retry: () => void): void {
  let missed = false;
  $effect(() => {
    const lost = line.lostAt !== null;
    if (!failed()) missed = false;
    else if (lost) missed = true;
    else if (missed) {
      missed = false;
      untrack(retry);
    }
  });
}
