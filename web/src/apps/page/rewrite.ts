/// An author's page in a frame that has no origin: its files are blobs, and what refers to one by its address must find it.
/// Text in, text out.

/** Stands for the place that the files lie in; nothing is ever asked of it (RFC 2606). */
export const HOST = "https://page.invalid";

const TYPES: Record<string, string> = {
  html: "text/html", htm: "text/html", css: "text/css", js: "text/javascript", mjs: "text/javascript", json: "application/json",
  wasm: "application/wasm", txt: "text/plain", csv: "text/csv", xml: "application/xml", svg: "image/svg+xml", png: "image/png",
  jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", avif: "image/avif", ico: "image/x-icon",
  woff: "font/woff", woff2: "font/woff2", ttf: "font/ttf", otf: "font/otf", mp3: "audio/mpeg", ogg: "audio/ogg", wav: "audio/wav",
  mp4: "video/mp4", webm: "video/webm", pdf: "application/pdf",
};

/** A file's type by its name. */
export function typeOf(path: string): string {
  return TYPES[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ""] ?? "application/octet-stream";
}

export function addressOf(path: string): string {
  return `${HOST}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** The file that an address in another one means; null when it is none of ours. */
export function pathOf(address: string, from: string): string | null {
  try {
    const url = new URL(address, addressOf(from));
    return url.origin === HOST ? decodeURIComponent(url.pathname.slice(1)) : null;
  } catch {
    return null;
  }
}

const SPECIFIER = /(\bfrom\s*|\bimport\s*\(\s*|\bimport\s*)(["'])(\.{0,2}\/[^"'\n]+)\2/g;

/** What a script imports by its place, and where it says that it is, by addresses that an import map knows. */
export function rewriteScript(text: string, path: string, known: (path: string) => boolean): string {
  const imports = text.replace(SPECIFIER, (all: string, before: string, quote: string, address: string) => {
    const to = pathOf(address, path);
    return to !== null && known(to) ? before + quote + addressOf(to) + quote : all;
  });
  return imports.replace(/\bimport\.meta\.url\b/g, () => JSON.stringify(addressOf(path)));
}

const CSS_ADDRESS = /url\(\s*(?:"([^"]*)"|'([^']*)'|([^"')\s]*))\s*\)|@import\s+(?:"([^"]*)"|'([^']*)')/g;

/** A style sheet with the addresses of files replaced. */
export function rewriteCss(text: string, path: string, urlOf: (path: string) => string | null): string {
  return text.replace(CSS_ADDRESS, (all: string, ...found: (string | undefined)[]) => {
    const address = found.slice(0, 5).find((one) => one !== undefined) ?? "";
    if (address === "" || address.startsWith("#")) return all;
    const to = pathOf(address, path);
    const url = to === null ? null : urlOf(to);
    if (url === null) return all;
    return all.startsWith("@import") ? `@import "${url}"` : `url("${url}")`;
  });
}

/** An image's addresses at several sizes. */
export function rewriteSet(text: string, at: (address: string) => string): string {
  return text.replace(/(^|,)(\s*)([^\s,]+)/g, (_, comma: string, space: string, address: string) => comma + space + at(address));
}
