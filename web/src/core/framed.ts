/// Where this page stands. A course platform shows it in a frame, below `/in/<platform>`: the server lets that platform
/// frame those addresses and no others, so they stay the page's addresses, also after a reload.

const FRAME = /^\/in\/[^/]+(?=\/)/;

/** The page is a file of a folder that any web server may hold, under any address. */
export const inFolder = document.documentElement.dataset.stands === "folder";

/** What addresses of this page begin with: nothing, `/in/<platform>`, or where its folder is. */
export const base = inFolder ? location.pathname.replace(/\/[^/]*$/, "") : baseOf(location.pathname);

export function baseOf(path: string): string {
  return FRAME.exec(path)?.[0] ?? "";
}

/** An address without what it begins with. */
export function inside(path: string, base: string): string {
  return base !== "" && path.startsWith(`${base}/`) ? path.slice(base.length) : path;
}

/** Somebody came from a course platform; the account is the launch's, and ends with it. */
export const launched = base !== "" && !inFolder;

/** The page stands in a frame: there is little room, and a new tab would have more. */
export const framed = window.parent !== window;

/** The code that a launch left in the address, taken out of it at once. */
export function takeCode(at: Location, history: History): string {
  const found = /^#code=([0-9a-f]+)$/.exec(at.hash);
  history.replaceState(history.state, "", at.pathname + at.search);
  return found?.[1] ?? "";
}
