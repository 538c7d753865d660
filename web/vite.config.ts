/// How the page is built. `light-dark()` must reach the browser as it is: lowered, it would be resolved on :root
/// once, and the parts that set their own `color-scheme` (terminal, sign-in picture) would lose their colours.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { alsoLicences, LICENCES } from "./licences";

const BROWSERS = ["chrome123", "firefox120", "safari17.5"];

const besideTab: Plugin = {
  name: "beside-tab",
  transformIndexHtml: {
    order: "post",
    handler: (html, { path }) => (path.endsWith("tab.html") ? html.replaceAll(/(src|href)="\//g, '$1="./') : html),
  },
};

/** Not every web server knows what a .mjs is. */
const assetFileNames = ({ names }: { names: string[] }) =>
  `assets/[name]-[hash]${names.some((name) => name.endsWith(".mjs")) ? ".js" : "[extname]"}`;

export default defineConfig({
  // The same scripts serve the page of a server and that of a folder under any address: they find each other from where
  // they are themselves, and the folder's start file finds them beside it.
  experimental: { renderBuiltUrl: (_, { hostType }) => (hostType === "html" ? undefined : { relative: true }) },
  plugins: [svelte(), besideTab, alsoLicences],
  build: {
    target: BROWSERS,
    cssTarget: BROWSERS,
    // One file: a style that was lost on the way is not asked for again when its tab is.
    cssCodeSplit: false,
    sourcemap: false,
    // What the page is made of goes with its licences, also into every exported folder.
    license: { fileName: LICENCES },
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: { index: "index.html", tab: "tab.html", sw: "src/tab/sw.ts" },
      // A service worker is found by its name, and rules what lies beside it.
      output: {
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        assetFileNames,
      },
    },
  },
  worker: { rolldownOptions: { output: { assetFileNames } } },
  server: {
    proxy: { "^/(api|bundles|healthz)": { target: process.env.LABWRIGHT_URL ?? "http://127.0.0.1:8080", ws: true } },
  },
  resolve: process.env.VITEST ? { conditions: ["browser"] } : {},
  test: {
    include: ["tests/core/**/*.test.ts"],
    environment: "jsdom",
  },
});
