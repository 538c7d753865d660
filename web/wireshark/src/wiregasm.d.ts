/// What is used of Wiregasm's loader, which stands before the worker's own code.

import type { WiregasmLib, WiregasmLibOverrides } from "@goodtools/wiregasm";

declare global {
  const loadWiregasm: (overrides: WiregasmLibOverrides) => Promise<WiregasmLib>;
}
