/// The shapes of the icons, on a 20 px grid. A circle is written as two arcs, so that all shapes are paths.

interface Shape {
  d: string;
  solid?: boolean;
  faint?: boolean;
  dots?: boolean;
}

const circle = (cx: number, cy: number, r: number) =>
  `M${cx - r} ${cy}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;

const box = (x: number, y: number, w: number, h: number, r: number) =>
  `M${x + r} ${y}h${w - 2 * r}a${r} ${r} 0 0 1 ${r} ${r}v${h - 2 * r}a${r} ${r} 0 0 1 ${-r} ${r}` +
  `h${-(w - 2 * r)}a${r} ${r} 0 0 1 ${-r} ${-r}v${-(h - 2 * r)}a${r} ${r} 0 0 1 ${r} ${-r}z`;

export const ICONS = {
  alert: [{ d: "M10 2.5L18.5 17h-17zM10 8v4.5M10 14.8v.01" }],
  book: [{ d: "M10 5.5C8 4 5 3.5 2.5 4v12c2.5-.5 5.5 0 7.5 1.5 2-1.5 5-2 7.5-1.5V4C15 3.5 12 4 10 5.5zM10 5.5v12" }],
  bulb: [{ d: "M7.5 14.5h5M8.5 17.5h3M7.5 14.5c0-2-2.5-3-2.5-6a5 5 0 0 1 10 0c0 3-2.5 4-2.5 6" }],
  camera: [{ d: "M2.5 6.5h3.5l1.5-2.5h5l1.5 2.5h3.5v9.5h-15z" }, { d: circle(10, 11, 3) }],
  check: [{ d: "M4 10.5l4 4 8-9" }],
  clipboard: [{ d: box(4, 4, 12, 14, 1.5) }, { d: "M7.5 2.5h5v3h-5z" }],
  clock: [{ d: circle(10, 10, 7.5) }, { d: "M10 5.5V10l3 2" }],
  close: [{ d: "M5 5l10 10M15 5L5 15" }],
  copy: [
    { d: box(7, 7, 10, 10, 1.5) },
    { d: "M13 7V4.5A1.5 1.5 0 0 0 11.5 3h-7A1.5 1.5 0 0 0 3 4.5v7A1.5 1.5 0 0 0 4.5 13H7" },
  ],
  dashed: [{ d: "M10 3a7 7 0 0 1 7 7" }, { d: circle(10, 10, 7), faint: true }],
  database: [
    { d: "M3.5 4.5c0-1.4 2.9-2.5 6.5-2.5s6.5 1.1 6.5 2.5S13.6 7 10 7 3.5 5.9 3.5 4.5z" },
    { d: "M3.5 4.5v11c0 1.4 2.9 2.5 6.5 2.5s6.5-1.1 6.5-2.5v-11M3.5 10c0 1.4 2.9 2.5 6.5 2.5s6.5-1.1 6.5-2.5" },
  ],
  desktop: [{ d: box(2, 3, 16, 11, 1.5) }, { d: "M10 14v3M6.5 17.5h7" }],
  download: [{ d: "M10 3v9M6 8.5l4 4 4-4M3 16.5h14" }],
  eye: [{ d: "M1.5 10S4.5 4.5 10 4.5 18.5 10 18.5 10 15.5 15.5 10 15.5 1.5 10 1.5 10z" }, { d: circle(10, 10, 2.5) }],
  hand: [
    {
      d: "M6.5 10.5V4.8a1.2 1.2 0 0 1 2.4 0V9M8.9 9V3.2a1.2 1.2 0 0 1 2.4 0V9M11.3 9V4.2a1.2 1.2 0 0 1 2.4 0V11M13.7 11V7a1.2 1.2 0 0 1 2.3 0v5.5c0 3.3-2 5.5-5 5.5-2.5 0-3.7-1-4.9-3l-2.5-4.2c-.9-1.6 1.1-2.6 2-1.3l.9 1",
    },
  ],
  expand: [{ d: "M12 3h5v5M8 17H3v-5M17 3l-5.5 5.5M3 17l5.5-5.5" }],
  group: [
    { d: circle(6, 8, 2.5) },
    { d: circle(14, 8, 2.5) },
    { d: "M1.5 16c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M11 12.7c.9-.5 1.9-.7 3-.7 2.5 0 4.5 1.5 4.5 4" },
  ],
  half: [{ d: circle(10, 10, 7) }, { d: "M10 3a7 7 0 0 1 0 14z", solid: true }],
  list: [{ d: "M7 5h10M7 10h10M7 15h10M3.5 5h.01M3.5 10h.01M3.5 15h.01" }],
  fit: [{ d: "M3 7V3h4M17 7V3h-4M3 13v4h4M17 13v4h-4" }],
  keyboard: [
    { d: box(1.5, 5, 17, 10.5, 1.5) },
    { d: "M4.5 8h.01M7.5 8h.01M10.5 8h.01M13.5 8h.01M15.5 8h.01M5.5 12.5h9" },
  ],
  left: [{ d: "M12.5 4.5L7 10l5.5 5.5" }],
  map: [{ d: box(2, 2.5, 6, 5, 1) }, { d: box(12, 2.5, 6, 5, 1) }, { d: box(7, 13, 6, 5, 1) }, { d: "M5 7.5V10h10V7.5M10 10v3" }],
  moon: [{ d: "M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7z" }],
  more: [{ d: "M4.5 10h.01M10 10h.01M15.5 10h.01", dots: true }],
  packets: [{ d: "M2.5 15.5C7 15.5 9 11 10 3.5c4.5 2 6.5 6.5 7.5 12M2.5 15.5h15" }],
  pause: [{ d: "M7 4.5v11M13 4.5v11" }],
  plus: [{ d: "M10 4v12M4 10h12" }],
  refresh: [{ d: "M16.5 10a6.5 6.5 0 1 1-2-4.7L17 7.5M17 3v4.5h-4.5" }],
  right: [{ d: "M7.5 4.5L13 10l-5.5 5.5" }],
  ring: [{ d: circle(10, 10, 7) }],
  router: [{ d: circle(10, 10, 7.5) }, { d: "M4.5 10h4M6.5 8l2 2-2 2M15.5 10h-4M13.5 8l-2 2 2 2" }],
  run: [{ d: "M6 4l10 6-10 6z" }],
  search: [{ d: circle(8.5, 8.5, 5.5) }, { d: "M12.8 12.8L17.5 17.5" }],
  server: [{ d: box(3, 3, 14, 6, 1.5) }, { d: box(3, 11, 14, 6, 1.5) }, { d: "M6 6h.01M6 14h.01" }],
  shrink: [{ d: "M17 8h-5V3M3 12h5v5M12 8l5-5M8 12l-5 5" }],
  stop: [{ d: box(5, 5, 10, 10, 1.5) }],
  terminal: [{ d: box(2, 3.5, 16, 13, 2) }, { d: "M5.5 7.5L8 10l-2.5 2.5M10 13h4" }],
  tab: [{ d: box(2, 3.5, 16, 13, 1.5) }, { d: "M2 7.5h16M8 3.5v4" }],
} as const satisfies Record<string, readonly Shape[]> as Record<IconName, readonly Shape[]>;

export type IconName =
  | "alert"
  | "book"
  | "bulb"
  | "camera"
  | "check"
  | "clipboard"
  | "clock"
  | "close"
  | "copy"
  | "dashed"
  | "database"
  | "desktop"
  | "download"
  | "expand"
  | "eye"
  | "hand"
  | "group"
  | "half"
  | "fit"
  | "keyboard"
  | "left"
  | "list"
  | "map"
  | "moon"
  | "more"
  | "packets"
  | "pause"
  | "plus"
  | "refresh"
  | "right"
  | "ring"
  | "router"
  | "run"
  | "search"
  | "server"
  | "shrink"
  | "stop"
  | "tab"
  | "terminal";
