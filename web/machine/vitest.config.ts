/// Tests that restore a machine which `labwright export` made; `cargo xtask ci` names it in LABWRIGHT_MACHINE.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["machine/**/*.test.ts"], environment: "node", testTimeout: 120_000, hookTimeout: 120_000 },
});
