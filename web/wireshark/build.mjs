// Makes the bundle of Wireshark's dissectors, web/dist-wireshark: Wiregasm as npm has it but for two functions, its
// licence and where its source is, and our frame and worker. It is no part of the page and is not embedded in the server.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { build } from "vite";

const here = new URL("./", import.meta.url);
const out = new URL("../dist-wireshark/", import.meta.url);
const wiregasm = new URL("node_modules/@goodtools/wiregasm/", here);

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const hash = createHash("sha256");
const files = {};

/** Puts a file there, compressed where the server is to send it so. */
async function put(name, bytes, packed = null) {
  hash.update(name).update(bytes);
  files[name] = bytes.length;
  if (packed === null) await writeFile(new URL(name, out), bytes);
  else await writeFile(new URL(`${name}.gz`, out), packed);
}

/** One of ours, as a plain script. */
async function ours(name) {
  const [made] = await build({
    configFile: false,
    logLevel: "warn",
    root: new URL(".", here).pathname,
    build: {
      write: false,
      target: ["chrome123", "firefox120", "safari17.5"],
      lib: { entry: new URL(`src/${name}.ts`, here).pathname, formats: ["iife"], name: "labwright" },
    },
  });
  return Buffer.from(made.output[0].code);
}

/** Embind compiles text to functions where it could as well close over values; the frame's policy allows the latter. */
function withoutEval(text) {
  const named = /return new Function\(\s*"body",[\s\S]*?\)\(body\);/;
  const invoker = "var invokerFunction = new_(Function, args1).apply(null, args2);";
  if (!named.test(text) || !text.includes(invoker)) throw new Error("wiregasm.js is not the one that we know");
  return text
    .replace(named, "return { [name]: function() { return body.apply(this, arguments); } }[name];")
    .replace(
      invoker,
      `var invokerFunction = function() {
        if (arguments.length !== argCount - 2) {
          throwBindingError("function " + humanName + " called with " + arguments.length + " arguments, expected " + (argCount - 2) + " args!");
        }
        var destructors = needsDestructorStack ? [] : null;
        var wired = [cppTargetFunc];
        if (isClassMethodFunc) wired.push(argTypes[1].toWireType(destructors, this));
        for (var i = 2; i < argCount; ++i) wired.push(argTypes[i].toWireType(destructors, arguments[i - 2]));
        var rv = cppInvokerFunc.apply(null, wired);
        if (needsDestructorStack) {
          runDestructors(destructors);
        } else {
          for (var i = isClassMethodFunc ? 1 : 2; i < argCount; ++i) {
            if (argTypes[i].destructorFunction !== null) argTypes[i].destructorFunction(wired[isClassMethodFunc ? i : i - 1]);
          }
        }
        if (returns) return argTypes[0].fromWireType(rv);
      };`,
    );
}

const read = (name) => readFile(new URL(name, wiregasm));
const { version } = JSON.parse(await read("package.json"));
const loader = Buffer.from(withoutEval(await read("dist/wiregasm.js").then(String)));
await put("wiregasm.js", loader, gzipSync(loader, { level: 9 }));
for (const name of ["wiregasm.wasm", "wiregasm.data"]) {
  const packed = await read(`dist/${name}.gz`);
  await put(name, gunzipSync(packed), packed);
}
await put("worker.js", await ours("worker"));
await put("frame.js", await ours("frame"));
await put("index.html", await readFile(new URL("index.html", here)));
await put("LICENSE", await read("LICENSE"));
await put("SOURCE.md", await readFile(new URL("SOURCE.md", here)));
const about = { wiregasm: version, hash: hash.digest("hex").slice(0, 16), files };
await writeFile(new URL("bundle.json", out), `${JSON.stringify(about, null, 2)}\n`);
console.log(`web/dist-wireshark: Wiregasm ${version}, ${Math.round((await size()) / 1e6)} MB`);

async function size() {
  const { readdir, stat } = await import("node:fs/promises");
  const names = await readdir(out);
  const sizes = await Promise.all(names.map(async (name) => (await stat(new URL(name, out))).size));
  return sizes.reduce((sum, one) => sum + one, 0);
}
