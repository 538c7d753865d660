/// Addresses of the pages. Links are ordinary links; presses on those of this site are taken here, without a reload.

import { base, inFolder, inside } from "./core/framed";

export type Route =
  | { page: "catalogue" }
  | { page: "sign-in" }
  | { page: "invitation"; code: string }
  | { page: "launch"; course: string; lab: string }
  | { page: "workspace"; id: string }
  | { page: "progress"; course: string }
  | { page: "scores"; course: string }
  | { page: "people"; course: string }
  | { page: "board"; course: string; lab: string }
  | { page: "help"; course: string }
  | { page: "look"; course: string; id: string }
  | { page: "doctor"; course: string | null }
  | { page: "sessions" }
  | { page: "platforms" }
  | { page: "retention" }
  | { page: "platform"; id: string | null }
  | { page: "privacy" }
  | { page: "launched" }
  | { page: "pick" }
  | { page: "nothing" };

const SEGMENT = "([^/]+)";
const ROUTES: [RegExp, (...parts: string[]) => Route][] = [
  [/^\/$/, () => ({ page: "catalogue" })],
  [/^\/sign-in$/, () => ({ page: "sign-in" })],
  [pattern(`/invitations/${SEGMENT}`), (code) => ({ page: "invitation", code: code ?? "" })],
  [pattern(`/labs/${SEGMENT}/${SEGMENT}`), (course, lab) => ({ page: "launch", course: course ?? "", lab: lab ?? "" })],
  [pattern(`/sessions/${SEGMENT}`), (id) => ({ page: "workspace", id: id ?? "" })],
  [pattern(`/courses/${SEGMENT}/progress`), (course) => ({ page: "progress", course: course ?? "" })],
  [pattern(`/courses/${SEGMENT}/scores`), (course) => ({ page: "scores", course: course ?? "" })],
  [pattern(`/courses/${SEGMENT}/people`), (course) => ({ page: "people", course: course ?? "" })],
  [
    pattern(`/courses/${SEGMENT}/labs/${SEGMENT}/board`),
    (course, lab) => ({ page: "board", course: course ?? "", lab: lab ?? "" }),
  ],
  [pattern(`/courses/${SEGMENT}/help`), (course) => ({ page: "help", course: course ?? "" })],
  [pattern(`/courses/${SEGMENT}/looks/${SEGMENT}`), (course, id) => ({ page: "look", course: course ?? "", id: id ?? "" })],
  [/^\/doctor\/?$/, () => ({ page: "doctor", course: null })],
  [pattern(`/courses/${SEGMENT}/doctor`), (course) => ({ page: "doctor", course: course ?? null })],
  [/^\/operator$/, () => ({ page: "sessions" })],
  [/^\/operator\/privacy\/?$/, () => ({ page: "retention" })],
  [/^\/operator\/platforms\/?$/, () => ({ page: "platforms" })],
  [pattern(`/operator/platforms/${SEGMENT}`), (id) => ({ page: "platform", id: id === undefined || id === "new" ? null : id })],
  [/^\/privacy$/, () => ({ page: "privacy" })],
  [/^\/launched$/, () => ({ page: "launched" })],
  [/^\/pick$/, () => ({ page: "pick" })],
];

function pattern(text: string): RegExp {
  return new RegExp(`^${text}/?$`);
}

export function routeOf(path: string): Route {
  for (const [test, make] of ROUTES) {
    const match = test.exec(path);
    if (!match) continue;
    try {
      return make(...match.slice(1).map(decodeURIComponent));
    } catch {
      break;
    }
  }
  return { page: "nothing" };
}

/** Another page of this site: a lab that runs in the browser is one of its own, and to it all others are. */
function isElsewhere(path: string): boolean {
  return inFolder ? !path.startsWith(`${base}/`) : path.startsWith("/tab/");
}

class Router {
  path = $state(inside(location.pathname, base));
  hash = $state(location.hash);
  route = $derived(routeOf(this.path));

  constructor() {
    addEventListener("popstate", () => this.#read());
    addEventListener("hashchange", () => this.#read());
    document.addEventListener("click", (event) => this.#onClick(event));
  }

  go(to: string, replace = false): void {
    if (isElsewhere(to)) return replace ? location.replace(to) : location.assign(to);
    const address = to.startsWith("/") ? base + to : to;
    if (replace) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    this.#read();
  }

  #read(): void {
    this.path = inside(location.pathname, base);
    this.hash = location.hash;
  }

  #onClick(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || link.pathname.startsWith("/api/") || isElsewhere(link.pathname)) return;
    // Links within the page scroll and set the hash; the browser does that.
    if (link.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    this.go(inside(link.pathname, base) + link.search + link.hash);
  }
}

export const router = new Router();
