/// For tests of packages for courses: reads a zip file by the book, and stands in for a course platform. Its run-time is
/// scorm-again, which platforms use, too; what it keeps outlives the browser.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { inflateRawSync } from "node:zlib";
import type { BrowserContext, FrameLocator, Page } from "@playwright/test";
import { validateXML } from "xmllint-wasm";
import { BINARY, LabFolder, ROOT } from "./folder";

export type Version = "1.2" | "2004";

/** A zip file's entries, from its directory at the end. */
export function unzip(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  const files = new Map<string, Buffer>();
  for (let at = zip.readUInt32LE(end + 16), n = zip.readUInt16LE(end + 10); n > 0; n--) {
    const [method, packed, nameLength, extra, comment, local] = [10, 20, 28, 30, 32, 42].map((offset) =>
      offset === 20 || offset === 42 ? zip.readUInt32LE(at + offset) : zip.readUInt16LE(at + offset),
    ) as [number, number, number, number, number, number];
    const name = zip.subarray(at + 46, at + 46 + nameLength).toString("utf8");
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const content = zip.subarray(from, from + packed);
    files.set(name, method === 0 ? content : inflateRawSync(content));
    at += 46 + nameLength + extra + comment;
  }
  return files;
}

/** What the schemas of ADL and IMS say against the package's manifest; libxml2 judges. */
export async function faults(files: Map<string, Buffer>, version: Version): Promise<string[]> {
  const text = (name: string) => (files.get(name) ?? Buffer.alloc(0)).toString("utf8");
  const preload = [...files.keys()].filter((name) => /^[^/]+\.(xsd|dtd)$/.test(name)).map((fileName) => ({ fileName, contents: text(fileName) }));
  const result = await validateXML({
    xml: { fileName: "imsmanifest.xml", contents: text("imsmanifest.xml") },
    schema: { fileName: "all.xsd", contents: ALL[version] },
    preload,
  });
  return result.errors.map(({ message }) => message);
}

/** A manifest is of several schemas at once. */
const imports = (of: [string, string][]) =>
  `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">${of.map(([space, file]) => `<xs:import namespace="${space}" schemaLocation="${file}"/>`).join("")}</xs:schema>`;
const ALL: Record<Version, string> = {
  "1.2": imports([
    ["http://www.imsproject.org/xsd/imscp_rootv1p1p2", "imscp_rootv1p1p2.xsd"],
    ["http://www.adlnet.org/xsd/adlcp_rootv1p2", "adlcp_rootv1p2.xsd"],
  ]),
  "2004": imports([
    ["http://www.imsglobal.org/xsd/imscp_v1p1", "imscp_v1p1.xsd"],
    ["http://www.adlnet.org/xsd/adlcp_v1p3", "adlcp_v1p3.xsd"],
    ["http://www.imsglobal.org/xsd/imsss", "imsss_v1p0.xsd"],
  ]),
};

/** The platform's page: the run-time above, the package in a frame below. `kept` is what it knows of the learner. */
const HOST = `<!doctype html><meta charset="utf-8"><title>Course</title>
<style>body{margin:0}iframe{border:0;width:100vw;height:100vh;display:block}</style>
<script src="/scorm-again.js"></script><script>
const { version, kept, at } = JSON.parse(name || "{}");
const api = version === "1.2" ? new Scorm12API({ logLevel: 5 }) : new Scorm2004API({ logLevel: 5 });
api.loadFromJSON(kept);
if (version === "1.2") window.API = api; else window.API_1484_11 = api;
window.kept = () => api.renderCMIToJSONObject().cmi;
window.commits = 0;
api.on(version === "1.2" ? "LMSCommit" : "Commit", () => window.commits++);
addEventListener("DOMContentLoaded", () => { const frame = document.createElement("iframe"); frame.src = at; document.body.append(frame); });
</script>`;

/** What the run-time tells of a learner, as a tree. */
export type Cmi = Record<string, unknown>;

export class Lms {
  readonly folder = new LabFolder();

  package(lab: string, version: Version): { path: string; files: Map<string, Buffer> } {
    const path = join(this.folder.folder, `${version}.zip`);
    execFileSync(BINARY, ["export", join(ROOT, lab), "--as", "scorm", "--version", version, "--output", path], { stdio: ["ignore", "ignore", "inherit"] });
    const files = unzip(readFileSync(path));
    for (const [name, content] of files) {
      const file = join(this.folder.folder, "courses/files/7", version, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    return { path, files };
  }

  async start(): Promise<void> {
    const dist = dirname(createRequire(import.meta.url).resolve("scorm-again"));
    const script = readdirSync(dist).find((name) => name === "scorm-again.min.js") ?? "scorm-again.js";
    copyFileSync(join(dist, script), join(this.folder.folder, "scorm-again.js"));
    mkdirSync(join(this.folder.folder, "courses/lms"), { recursive: true });
    writeFileSync(join(this.folder.folder, "courses/lms/index.html"), HOST);
    await this.folder.start();
  }

  /** Opens the package as this learner. */
  async open(context: BrowserContext, version: Version, kept: Cmi): Promise<{ page: Page; frame: FrameLocator }> {
    const page = await context.newPage();
    const told = JSON.stringify({ version, kept, at: `/courses/files/7/${version}/index.html` });
    await page.addInitScript((told) => { if (self === top) window.name = told; }, told);
    await page.goto(this.folder.url("lms"));
    return { page, frame: page.frameLocator("iframe") };
  }

  remove(): Promise<void> {
    return this.folder.remove();
  }
}

/** What the platform has now. */
export const keptBy = (page: Page): Promise<Cmi> => page.evaluate(() => (window as unknown as { kept(): Cmi }).kept());
