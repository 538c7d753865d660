/// Runs in the frame of an author's page, before it: takes the files, makes addresses for them that only this frame has, and
/// writes the page, whose relative addresses lead to them. Built as one plain script.

import type { Files, Said } from "./protocol";
import { addressOf, pathOf, rewriteCss, rewriteScript, rewriteSet, typeOf } from "./rewrite";

const SCRIPTS = ["", "module", "text/javascript", "application/javascript"];
/** Properties that scripts of the page put an address into. */
const PROPERTIES: [object, string][] = [
  [HTMLImageElement.prototype, "src"],
  [HTMLScriptElement.prototype, "src"],
  [HTMLLinkElement.prototype, "href"],
  [HTMLMediaElement.prototype, "src"],
  [HTMLSourceElement.prototype, "src"],
];

const say = (said: Said) => parent.postMessage(said, "*");

function hear(event: MessageEvent): void {
  const given = event.data as Files | null;
  if (event.source !== parent || given?.page !== "files") return;
  removeEventListener("message", hear);
  try {
    new Site(given).show();
  } catch (error) {
    say({ page: "failed", why: String(error) });
  }
}

class Site {
  readonly #first: string;
  readonly #files: Map<string, ArrayBuffer>;
  readonly #urls = new Map<string, string>();
  /** Style sheets that are being made: one that imports itself finds nothing. */
  readonly #making = new Set<string>();

  constructor({ first, files }: Files) {
    this.#first = first;
    this.#files = new Map(files.map(({ path, bytes }) => [path, bytes]));
  }

  show(): void {
    const bytes = this.#files.get(this.#first);
    if (!bytes) throw new Error(`there is no ${this.#first}`);
    const page = new DOMParser().parseFromString(textOf(bytes), "text/html");
    this.#rewrite(page);
    this.#stand();
    const text = `${page.doctype ? "<!doctype html>" : ""}${page.documentElement.outerHTML}`;
    document.open();
    // What listened before is gone with the document that was.
    addEventListener("load", () => say({ page: "shown" }));
    addEventListener("click", (event) => this.#follow(event));
    document.write(text);
    document.close();
  }

  /** The address of a file, made when it is first asked for. */
  #url(path: string): string | null {
    const made = this.#urls.get(path);
    if (made !== undefined) return made;
    const bytes = this.#files.get(path);
    if (!bytes || this.#making.has(path)) return null;
    this.#making.add(path);
    const type = typeOf(path);
    const url = URL.createObjectURL(new Blob([this.#content(path, type, bytes)], { type }));
    this.#making.delete(path);
    this.#urls.set(path, url);
    return url;
  }

  #content(path: string, type: string, bytes: ArrayBuffer): BlobPart {
    if (type === "text/css") return rewriteCss(textOf(bytes), path, (to) => this.#url(to));
    if (type === "text/javascript") return rewriteScript(textOf(bytes), path, (to) => this.#files.has(to));
    return bytes;
  }

  /** Where an address of the page leads here; as it is when it leads elsewhere. */
  #at(address: string): string {
    const path = pathOf(address, this.#first);
    return path === null ? address : (this.#url(path) ?? address);
  }

  #rewrite(page: Document): void {
    // Ours is stricter, and a base would lead out of here.
    for (const gone of page.querySelectorAll("base, meta[http-equiv='content-security-policy' i]")) gone.remove();
    const map = page.createElement("script");
    map.type = "importmap";
    map.textContent = JSON.stringify({ imports: this.#imports(page) });
    for (const element of page.querySelectorAll("[src], [poster], [href]:not(a):not(area), [srcset], [style], a[download]")) {
      for (const name of ["src", "poster", "href"]) {
        const address = element.getAttribute(name);
        if (address !== null && address !== "" && !address.startsWith("#")) element.setAttribute(name, this.#at(address));
      }
      const set = element.getAttribute("srcset");
      if (set !== null) element.setAttribute("srcset", rewriteSet(set, (address) => this.#at(address)));
      const style = element.getAttribute("style");
      if (style !== null) element.setAttribute("style", rewriteCss(style, this.#first, (to) => this.#url(to)));
      // Its file may not be byte for byte the author's.
      element.removeAttribute("integrity");
    }
    for (const style of page.querySelectorAll("style")) style.textContent = rewriteCss(style.textContent ?? "", this.#first, (to) => this.#url(to));
    for (const script of page.querySelectorAll("script:not([src])")) {
      const isCode = SCRIPTS.includes((script.getAttribute("type") ?? "").toLowerCase());
      if (isCode) script.textContent = rewriteScript(script.textContent ?? "", this.#first, (to) => this.#files.has(to));
    }
    page.head.prepend(map);
  }

  /** Every script by its address, and what the author's own map names. */
  #imports(page: Document): Record<string, string> {
    const imports: Record<string, string> = {};
    for (const path of this.#files.keys()) {
      const url = typeOf(path) === "text/javascript" ? this.#url(path) : null;
      if (url !== null) imports[addressOf(path)] = url;
    }
    for (const own of page.querySelectorAll("script[type=importmap]")) {
      const named = (JSON.parse(own.textContent ?? "{}") as { imports?: Record<string, string> }).imports ?? {};
      for (const [name, address] of Object.entries(named)) imports[name] = this.#at(address);
      own.remove();
    }
    return imports;
  }

  /** What the page's scripts ask for by its place they get from here. */
  #stand(): void {
    const at = (address: unknown) => this.#at(String(address));
    const { fetch: ask, Worker: Work } = window;
    window.fetch = (input, init) => {
      if (input instanceof Request) return ask(input, init);
      const path = pathOf(String(input), this.#first);
      const missing = path !== null && !this.#files.has(path);
      return missing ? Promise.resolve(new Response(null, { status: 404 })) : ask(at(input), init);
    };
    window.Worker = class extends Work {
      constructor(address: string | URL, options?: WorkerOptions) {
        super(at(address), options);
      }
    };
    const { open } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.open = function (this: XMLHttpRequest, method: string, address: string | URL, ...more: unknown[]) {
      (open as (...all: unknown[]) => void).call(this, method, at(address), ...(more.length === 0 ? [true] : more));
    };
    const { setAttribute } = Element.prototype;
    Element.prototype.setAttribute = function (this: Element, name: string, value: string) {
      const leads = name === "src" || name === "poster" || (name === "href" && this instanceof HTMLLinkElement);
      setAttribute.call(this, name, leads ? at(value) : value);
    };
    for (const [prototype, name] of PROPERTIES) {
      const own = Object.getOwnPropertyDescriptor(prototype, name);
      if (!own?.set) continue;
      const { set } = own;
      Object.defineProperty(prototype, name, {
        ...own,
        set(this: Element, value: unknown) {
          set.call(this, at(value));
        },
      });
    }
  }

  /** A link to another page of the folder is the tab's to follow; one to a file opens that. */
  #follow(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    const address = link?.getAttribute("href") ?? "";
    if (!link || event.defaultPrevented || address.startsWith("#")) return;
    const path = pathOf(address, this.#first);
    if (path === null) return;
    if (typeOf(path) !== "text/html" || link.hasAttribute("download")) return link.setAttribute("href", this.#at(address));
    event.preventDefault();
    if (this.#files.has(path)) say({ page: "go", to: path });
  }
}

function textOf(bytes: ArrayBuffer): string {
  return new TextDecoder().decode(bytes);
}

addEventListener("message", hear);
say({ page: "hello" });
