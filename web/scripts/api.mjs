// Writes src/core/api.gen.ts from docs/openapi.json; with --check only says whether it is fresh (status 1 if not).
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import openapi, { astToString } from "openapi-typescript";

const SOURCE = new URL("../../docs/openapi.json", import.meta.url);
const TARGET = new URL("../src/core/api.gen.ts", import.meta.url);
const HEAD = "/// Types of the HTTP API, generated from docs/openapi.json by `npm run api`. Do not edit.\n\n";

const description = JSON.parse(await readFile(SOURCE, "utf8"));
const text = HEAD + astToString(await openapi(description, { alphabetize: true }));

if (process.argv.includes("--check")) {
  const old = await readFile(TARGET, "utf8").catch(() => "");
  if (old !== text) {
    console.error(`${fileURLToPath(TARGET)} is stale: run \`npm run api\` in web/ and commit it.`);
    process.exit(1);
  }
  console.error("src/core/api.gen.ts is fresh");
} else {
  await writeFile(TARGET, text);
  console.error("src/core/api.gen.ts written");
}
