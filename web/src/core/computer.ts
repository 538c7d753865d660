/// What a page can see of the computer and the browser that it runs in. Asks nobody, sends nothing; what a browser
/// does not tell is null, never a guess that looks like knowledge.

/** What tabs of labs need of a browser. */
export const FEATURES = ["wasm", "workers", "sockets", "storage", "graphics", "clipboard", "fullscreen"] as const;
export type Feature = (typeof FEATURES)[number];

export type Layout = "qwerty" | "azerty" | "qwertz" | "other";

export interface Computer {
  /** Name and number of the browser, and the system: `Chromium 130`, `Linux`. */
  browser: string;
  system: string;
  features: Record<Feature, boolean>;
  /** Browsers say 8 at most, in steps. */
  memoryGb: number | null;
  cores: number | null;
  /** What this browser may still keep for this site. */
  freeBytes: number | null;
  cpu: "x86" | "arm" | null;
  /** The browser has said so; otherwise it is only likely. */
  cpuSaid: boolean;
  /** The picture is drawn by a virtual graphics card: the browser itself runs in a virtual machine, perhaps. */
  virtual: boolean | null;
  layout: Layout | null;
  touch: boolean;
}

interface Hints {
  brands?: { brand: string; version: string }[];
  platform?: string;
  getHighEntropyValues?(hints: string[]): Promise<{ architecture?: string }>;
}

interface Wide extends Navigator {
  deviceMemory?: number;
  userAgentData?: Hints;
  keyboard?: { getLayoutMap(): Promise<ReadonlyMap<string, string>> };
}

/** At once, without what only comes by asking the browser. */
export function lookAround(at: Wide = navigator as Wide): Computer {
  const renderer = rendererOf();
  return {
    browser: browserOf(at.userAgent, at.userAgentData?.brands),
    system: systemOf(at.userAgent, at.userAgentData?.platform),
    features: features(renderer !== null),
    memoryGb: at.deviceMemory ?? null,
    cores: at.hardwareConcurrency ?? null,
    freeBytes: null,
    cpu: cpuOf(at.userAgent, renderer) ?? cpuByArithmetic(),
    cpuSaid: false,
    virtual: renderer === null ? null : isVirtual(renderer),
    layout: null,
    touch: at.maxTouchPoints > 0,
  };
}

/** The same with room, processor and keyboard, as far as the browser tells them. */
export async function lookCloser(at: Wide = navigator as Wide): Promise<Computer> {
  const computer = lookAround(at);
  const [room, cpu, keys] = await Promise.all([
    quietly(() => at.storage?.estimate()),
    quietly(() => at.userAgentData?.getHighEntropyValues?.(["architecture"])),
    quietly(() => at.keyboard?.getLayoutMap()),
  ]);
  if (room?.quota !== undefined) computer.freeBytes = Math.max(0, room.quota - (room.usage ?? 0));
  const said = cpu?.architecture;
  if (said === "x86" || said === "arm") Object.assign(computer, { cpu: said, cpuSaid: true });
  if (keys) computer.layout = layoutOf((code) => keys.get(code) ?? null);
  return computer;
}

async function quietly<T>(ask: () => Promise<T> | undefined): Promise<T | null> {
  try {
    return (await ask()) ?? null;
  } catch {
    return null;
  }
}

function features(graphics: boolean): Record<Feature, boolean> {
  return {
    wasm: typeof WebAssembly === "object",
    workers: typeof Worker === "function",
    sockets: typeof WebSocket === "function",
    storage: canKeep(),
    graphics,
    clipboard: typeof navigator.clipboard?.writeText === "function",
    fullscreen: document.fullscreenEnabled === true,
  };
}

/** Private windows and frames of other sites may keep nothing. */
function canKeep(): boolean {
  try {
    const key = "labwright.trial";
    localStorage.setItem(key, "1");
    localStorage.removeItem(key);
    return typeof indexedDB === "object";
  } catch {
    return false;
  }
}

/** The name of the graphics card, or null without WebGL. */
function rendererOf(): string | null {
  try {
    const gl = document.createElement("canvas").getContext("webgl");
    if (!gl) return null;
    const names = gl.getExtension("WEBGL_debug_renderer_info");
    const name = gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER) as unknown;
    gl.getExtension("WEBGL_lose_context")?.loseContext();
    return String(name ?? "");
  } catch {
    return null;
  }
}

export function isVirtual(renderer: string): boolean {
  return /vmware|svga3d|virtualbox|parallels|virgl|virtio|qxl|hyper-v|basic render/i.test(renderer);
}

export function browserOf(agent: string, brands: Hints["brands"] = undefined): string {
  const real = brands?.filter(({ brand }) => !/not.?a.?brand/i.test(brand)) ?? [];
  const named = real.find(({ brand }) => brand !== "Chromium") ?? real[0];
  if (named) return `${named.brand} ${named.version}`;
  const patterns: [RegExp, string][] = [
    [/Firefox\/(\d+)/, "Firefox"],
    [/Edg\/(\d+)/, "Edge"],
    [/Chrome\/(\d+)/, "Chrome"],
    [/Version\/(\d+).*Safari/, "Safari"],
  ];
  for (const [pattern, name] of patterns) {
    const found = pattern.exec(agent);
    if (found) return `${name} ${found[1]}`;
  }
  return "?";
}

export function systemOf(agent: string, platform = ""): string {
  if (platform !== "") return platform;
  const names: [RegExp, string][] = [
    [/Android/, "Android"],
    [/iPhone|iPad/, "iOS"],
    [/Windows/, "Windows"],
    [/Mac OS X/, "macOS"],
    [/CrOS/, "ChromeOS"],
    [/Linux/, "Linux"],
  ];
  return names.find(([pattern]) => pattern.test(agent))?.[1] ?? "?";
}

/** By what the browser writes of itself. On a Mac it always writes Intel; its graphics card knows better. */
export function cpuOf(agent: string, renderer: string | null): "x86" | "arm" | null {
  if (/Apple (M\d|GPU)/.test(renderer ?? "")) return "arm";
  if (/aarch64|arm64|armv\d|iPhone|iPad/i.test(agent)) return "arm";
  if (/x86_64|x64|Win64|WOW64|amd64|i686/i.test(agent) && !/Mac OS X/.test(agent)) return "x86";
  return null;
}

/** A number that is none bears another sign on Intel and AMD than on ARM; a hint, no proof. */
function cpuByArithmetic(): "x86" | "arm" | null {
  const number = new Float32Array([Infinity]);
  number[0] = (number[0] ?? 0) - (number[0] ?? 0);
  const sign = new Uint8Array(number.buffer)[3];
  return sign === 255 ? "x86" : sign === 127 ? "arm" : null;
}

/** By the letters at three places that are Q, W and Y on an American keyboard. */
export function layoutOf(letter: (code: string) => string | null): Layout | null {
  const [q, w, y] = ["KeyQ", "KeyW", "KeyY"].map((code) => letter(code)?.toLowerCase() ?? null);
  if (q === null && y === null) return null;
  if (q === "a" || w === "z") return "azerty";
  if (y === "z") return "qwertz";
  return q === "q" || y === "y" ? "qwerty" : "other";
}
