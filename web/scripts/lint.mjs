// Cheap rules that the type checker does not know: a first comment in every file, no file too long, no word unused.
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const MAX_LINES = 520;
const GENERATED = "src/core/api.gen.ts";
/** The catalogues of words: what stands in them only is used by nobody. */
const CATALOGUE = /^src\/core\/i18n\/(?!index)/;
const root = new URL("../", import.meta.url);
/** Words that are chosen by a state's name. */
const CHOSEN = /^(advice|review\.line|doctor\.(fit|where|feature|kind)|desktop\.quality|stage|state|theme|chord|invite|packets|help\.down|log|watch\.over|home\.(said|trouble)|move\.(not|to|from)|handin\.bad|platform\.(find|kind|there|here|level))\./;
let faults = 0;
let code = "";
const words = [];

for (const entry of await readdir(new URL("src/", root), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = `${entry.parentPath}/${entry.name}`.replace(fileURLToPath(root), "").replace(/^\.\//, "");
  const text = await readFile(new URL(path, root), "utf8");
  if (CATALOGUE.test(path)) words.push([path, text]);
  else if (path !== GENERATED) code += text;
  const lines = text.split("\n").length;
  if (lines > MAX_LINES && path !== GENERATED) say(path, `has ${lines} lines; ${MAX_LINES} is the most`);
  if (/\.ts$/.test(path) && !text.startsWith("///")) say(path, "does not begin with a /// comment that says what it is");
  if (/\.svelte$/.test(path) && !text.startsWith("<!--")) say(path, "does not begin with a comment that says what it is");
  if (/\.(svelte|css)$/.test(path) && /(?<![-\w])#[0-9a-f]{6}\b/i.test(styleOf(text)) && !/tokens\.css|EntryFrame/.test(path)) {
    say(path, "has a colour of its own; take one of tokens.css");
  }
}

for (const [path, text] of words) {
  for (const [, key] of text.matchAll(/^  "([^"]+)":/gm)) {
    if (!CHOSEN.test(key) && !code.includes(`"${key}"`)) say(path, `"${key}" is not used`);
  }
}

function styleOf(text) {
  return /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? "";
}

function say(path, what) {
  faults += 1;
  console.error(`${path}: ${what}`);
}

process.exit(faults === 0 ? 0 : 1);
