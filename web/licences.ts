/// The licences of what the page loads as files of its own, or in workers, of which the bundler's list knows nothing.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** The bundler's list, in the built page. */
export const LICENCES = "licences.md";
/** Packages, and where the text of their licence is. */
const PARTS = { v86: "node_modules/v86/LICENSE", "@sqlite.org/sqlite-wasm": "../LICENSE-APACHE" };

export const alsoLicences: Plugin = {
  name: "also-licences",
  apply: "build",
  enforce: "post",
  writeBundle({ dir }) {
    const file = join(dir ?? "dist", LICENCES);
    // Workers are bundles of their own, which have no such list.
    if (!existsSync(file)) return;
    const parts = Object.entries(PARTS).map(([name, text]) => {
      const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")) as Record<string, string>;
      return `\n## ${name} - ${version} (${license})\n\n${readFileSync(text, "utf8").trim()}\n`;
    });
    writeFileSync(file, readFileSync(file, "utf8") + parts.join(""));
  },
};
