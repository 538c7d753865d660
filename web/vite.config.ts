/// How the page is built. `light-dark()` must reach the browser as it is: lowered, it would be resolved on :root
/// once, and the parts that set their own `color-scheme` (terminal, sign-in picture) would lose their colours.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const BROWSERS = ["chrome123", "firefox120", "safari17.5"];

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: BROWSERS,
    cssTarget: BROWSERS,
    // One file: a style that was lost on the way is not asked for again when its tab is.
    cssCodeSplit: false,
    sourcemap: false,
    chunkSizeWarningLimit: 900,
  },
  server: {
    proxy: { "^/(api|bundles|healthz)": { target: process.env.LABWRIGHT_URL ?? "http://127.0.0.1:8080", ws: true } },
  },
  resolve: process.env.VITEST ? { conditions: ["browser"] } : {},
  test: {
    include: ["tests/core/**/*.test.ts"],
    environment: "jsdom",
  },
});
