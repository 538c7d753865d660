/// Display filters: whether they can be used, in Wireshark's own words, and how their fields go on.

import type { WiregasmLib } from "@goodtools/wiregasm";
import type { Checked } from "../../src/apps/wireshark/protocol";
import { list } from "./vectors";

const MAX_COMPLETIONS = 30;

export function check(lib: WiregasmLib, filter: string): Checked {
  if (filter.trim() === "") return { ok: true, error: "" };
  const { ok, error } = lib.checkFilter(filter);
  return { ok, error };
}

export function complete(lib: WiregasmLib, field: string): { field: string; name: string }[] {
  const found = list(lib.completeFilter(field).fields, MAX_COMPLETIONS);
  return found.map(({ field, name }) => ({ field, name }));
}
