/// A page of the author's in a frame without an origin: its addresses lead to files that were handed to it.
import { describe, expect, it } from "vitest";
import { addressOfFrame } from "../../src/apps/page/frame";
import { saidOf } from "../../src/apps/page/protocol";
import { HOST, pathOf, rewriteCss, rewriteScript, rewriteSet, typeOf } from "../../src/apps/page/rewrite";

const all = () => true;

describe("addresses of an author's page", () => {
  it("lead to a file of the folder, or nowhere", () => {
    expect(pathOf("checksum.wasm", "index.html")).toBe("checksum.wasm");
    expect(pathOf("../a%20b.png?x#y", "css/deep/one.css")).toBe("css/a b.png");
    expect(pathOf("/top.js", "deep/index.html")).toBe("top.js");
    // There is nothing above the folder.
    expect(pathOf("../../../lab/lab.json", "index.html")).toBe("lab/lab.json");
    for (const other of ["https://example.org/x", "//example.org/x", "data:,x", "blob:null/1", "mailto:a@b"]) {
      expect(pathOf(other, "index.html"), other).toBeNull();
    }
    expect(pathOf("%ff", "index.html")).toBeNull();
    // A file with a sign of its own in its name is found from where it is.
    expect(pathOf("./b.js", "a#1?/x.js")).toBe("a#1?/b.js");
  });

  it("in scripts: what is imported, and where the script says that it is", () => {
    const text = `import a, { b } from "./a.js"; import '../c.js'; export * from "/d.js";
const e = await import("./e.js"), f = import(name), g = "from far";
import h from "bare"; new URL("x.wasm", import.meta.url);`;
    const made = rewriteScript(text, "js/main.js", all);
    expect(made).toContain(`from "${HOST}/js/a.js"; import '${HOST}/c.js'; export * from "${HOST}/d.js"`);
    expect(made).toContain(`import("${HOST}/js/e.js"), f = import(name), g = "from far"`);
    expect(made).toContain(`from "bare"; new URL("x.wasm", "${HOST}/js/main.js")`);
    expect(rewriteScript('import "./a.js"', "x.js", () => false)).toBe('import "./a.js"');
  });

  it("in style sheets and image sets", () => {
    const urlOf = (path: string) => (path.startsWith("css/") ? `blob:${path}` : null);
    const text = `@import "b.css"; a { background: url(one.png) url('two.png'), url("data:,x") url(#id) url(../no.png) }`;
    const made = `@import "blob:css/b.css"; a { background: url("blob:css/one.png") url("blob:css/two.png"), url("data:,x") url(#id) url(../no.png) }`;
    expect(rewriteCss(text, "css/a.css", urlOf)).toBe(made);
    expect(rewriteSet("a.png 1x, b.png 2x", (address) => `<${address}>`)).toBe("<a.png> 1x, <b.png> 2x");
  });

  it("have types by their names", () => {
    expect([typeOf("a/b.MJS"), typeOf("x.wasm"), typeOf("x.tar.gz"), typeOf("x")]).toEqual([
      "text/javascript", "application/wasm", "application/octet-stream", "application/octet-stream",
    ]);
  });
});

describe("the frame of an author's page", () => {
  it("is a document of no place, with a policy, and the language where a server puts it", () => {
    const address = new URL(addressOfFrame('say("</script><!--#?")', "fr"));
    expect(address.protocol).toBe("data:");
    expect(address.search).toBe("?lang=fr");
    const html = decodeURIComponent(address.href);
    expect(html).toContain("default-src data: blob:");
    expect(html.match(/<\/script/g)).toHaveLength(1);
    expect(html.endsWith("<!--?lang=fr")).toBe(true);
  });

  it("says what it may say, and nothing else is heard", () => {
    expect(saidOf({ page: "hello", more: 1 })).toEqual({ page: "hello" });
    expect(saidOf({ page: "go", to: "b.html" })).toEqual({ page: "go", to: "b.html" });
    for (const other of [null, 1, "hello", { page: "files" }, { page: "go", to: 1 }, {}]) expect(saidOf(other)).toBeNull();
  });
});
