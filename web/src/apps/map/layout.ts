/// Where the nodes and networks of a lab are drawn. Pure: the same lab is drawn the same way everywhere, nothing
/// overlaps, and no wire runs through a node that it does not belong to.
///
/// Wide: networks are bars one below the other. Nodes of one network alone hang on it, above the first bar, below the
/// others; nodes of several networks stand to the right below their first one, and their wire runs down a column of
/// its own. Upright: nodes are a column, networks are bars left and right of it.

export interface MapNode {
  name: string;
  networks: string[];
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Wire {
  node: string;
  network: string;
  /** Corners; the first is at the node, the last on the network's bar. */
  points: [number, number][];
}

export interface Layout {
  width: number;
  height: number;
  upright: boolean;
  nodes: Map<string, Box>;
  networks: Map<string, Box>;
  wires: Wire[];
}

export const NODE_WIDTH = 172;
export const NODE_HEIGHT = 58;
export const BAR = 32;
const GAP_X = 32;
/** Between a bar and the nodes on it: what passes is to be seen there. */
const GAP_Y = 56;
/** Between rows of nodes. */
const GAP_ROW = 30;
const MARGIN = 16;
const COLUMN = NODE_WIDTH + GAP_X;
const ROW = NODE_HEIGHT + GAP_ROW;
/** A bar has room for its name and prefix. */
const BAR_LENGTH = 300;
const MOST_COLUMNS = 6;
/** So small a drawing may be shown for more of it to be seen at once. */
export const SMALLEST = 0.8;
/** Between two wires that run beside a column. */
const BESIDE = 5;

const UPRIGHT_WIDTH = 180;
const UPRIGHT_ROW = NODE_HEIGHT + 12;
const LANE = BAR + 14;
const UPRIGHT_BAR = 2 * UPRIGHT_ROW - 12;

export interface LayoutOptions {
  upright?: boolean;
  /** Width of the paper; how many nodes stand beside each other follows from it. */
  room?: number;
}

export function layout(nodes: MapNode[], networks: string[], { upright = false, room = 900 }: LayoutOptions = {}): Layout {
  const known = new Set(networks);
  const clean = nodes.map((node) => ({ ...node, networks: [...new Set(node.networks)].filter((name) => known.has(name)) }));
  const ordered = orderNetworks(clean, networks);
  return upright ? drawUpright(clean, ordered) : drawWide(clean, ordered, room);
}

/** Networks that share a node follow each other: breadth first from the first of each connected part. */
function orderNetworks(nodes: MapNode[], networks: string[]): string[] {
  const ordered: string[] = [];
  const seen = new Set<string>();
  for (const start of networks) {
    if (seen.has(start)) continue;
    seen.add(start);
    const queue = [start];
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      ordered.push(name);
      const beside = nodes.filter((node) => node.networks.includes(name as string)).flatMap((node) => node.networks);
      for (const next of networks) {
        if (seen.has(next) || !beside.includes(next)) continue;
        seen.add(next);
        queue.push(next);
      }
    }
  }
  return ordered;
}

interface Span {
  node: MapNode;
  /** The first and the last of its networks, by their order. */
  first: number;
  last: number;
}

function spansOf(nodes: MapNode[], order: Map<string, number>): Span[] {
  return nodes
    .map((node) => {
      const at = node.networks.map((name) => order.get(name) ?? 0);
      return { node, first: Math.min(...at), last: Math.max(...at) };
    })
    .sort((a, b) => a.first - b.first || a.last - b.last);
}

/** Gives each span a lane in which nothing else runs beside it; the least number of lanes. */
function lanesOf<T extends { first: number; last: number }>(spans: T[], free: (before: T, next: T) => boolean): Map<T, number> {
  const lanes: T[] = [];
  const given = new Map<T, number>();
  for (const span of spans) {
    let lane = lanes.findIndex((before) => free(before, span));
    if (lane < 0) lane = lanes.length;
    lanes[lane] = span;
    given.set(span, lane);
  }
  return given;
}

function drawWide(nodes: MapNode[], networks: string[], room: number): Layout {
  const order = new Map(networks.map((name, at) => [name, at]));
  const leaves = networks.map((name) => nodes.filter((node) => node.networks.length === 1 && node.networks[0] === name));
  const spans = spansOf(nodes.filter((node) => node.networks.length > 1), order);
  const lanes = lanesOf(spans, (before, next) => before.last <= next.first);
  const alone = nodes.filter((node) => node.networks.length === 0);
  const laneCount = Math.max(0, ...[...lanes.values()].map((lane) => lane + 1));
  const columns = Math.min(MOST_COLUMNS, Math.max(2, Math.floor(room / SMALLEST / COLUMN) - laneCount));
  const across = leaves.map((group) => Math.min(group.length, columnsFor(group.length, columns)));
  const leafColumns = Math.max(0, ...across);
  const out: Layout = { width: 0, height: 0, upright: false, nodes: new Map(), networks: new Map(), wires: [] };
  const left = (column: number) => MARGIN + GAP_X / 2 + column * COLUMN;
  const place = (node: MapNode, column: number, y: number) =>
    out.nodes.set(node.name, { x: left(column), y, width: NODE_WIDTH, height: NODE_HEIGHT });

  let y = MARGIN;
  const barY: number[] = [];
  networks.forEach((_, at) => {
    const group = leaves[at] ?? [];
    const width = across[at] ?? 0;
    const rows = width === 0 ? 0 : Math.ceil(group.length / width);
    const below = at > 0;
    // Next to the columns of nodes with several networks, so that bars stay short.
    const from = leafColumns - width;
    if (!below) {
      group.forEach((node, n) => place(node, from + (n % width), y + (rows - 1 - Math.floor(n / width)) * ROW));
      y += block(rows);
    }
    barY.push(y);
    y += BAR + GAP_Y;
    if (below) group.forEach((node, n) => place(node, from + (n % width), y + Math.floor(n / width) * ROW));
    const standing = spans.filter((span) => span.first === at);
    for (const span of standing) place(span.node, leafColumns + (lanes.get(span) ?? 0), y);
    y += block(Math.max(below ? rows : 0, standing.length > 0 ? 1 : 0));
  });
  const perRow = columnsFor(alone.length, columns);
  alone.forEach((node, n) => place(node, n % perRow, y + Math.floor(n / perRow) * ROW));
  y += block(Math.ceil(alone.length / perRow));

  const columnsUsed = Math.max(leafColumns + laneCount, Math.min(alone.length, perRow), 1);
  out.width = Math.max(left(columnsUsed) - GAP_X / 2 + MARGIN, BAR_LENGTH + 2 * MARGIN);
  out.height = y - GAP_Y + MARGIN;

  networks.forEach((name, at) => {
    const top = barY[at] ?? 0;
    const group = leaves[at] ?? [];
    const width = Math.max(1, across[at] ?? 0);
    const members = nodes.filter((node) => node.networks.includes(name)).flatMap((node) => out.nodes.get(node.name) ?? []);
    const rows = Math.ceil(group.length / width);
    const from = Math.min(...members.map((box) => (rows > 1 ? box.x - GAP_X + 4 : box.x)), out.width - MARGIN - BAR_LENGTH);
    const to = Math.max(...members.map((box) => box.x + box.width), from + BAR_LENGTH);
    out.networks.set(name, { x: from, y: top, width: to - from, height: BAR });
    group.forEach((node, n) => {
      const box = out.nodes.get(node.name);
      if (box) out.wires.push({ node: node.name, network: name, points: leafWire(box, top, Math.floor(n / width), rows) });
    });
  });
  for (const { node } of spans) {
    const box = out.nodes.get(node.name);
    if (!box) continue;
    for (const network of networks.filter((name) => node.networks.includes(name))) {
      const bar = out.networks.get(network);
      if (bar) out.wires.push({ node: node.name, network, points: straight(box, bar) });
    }
  }
  return out;
}

/** Height of rows of nodes and the gap after them. */
function block(rows: number): number {
  return rows === 0 ? 0 : rows * ROW - GAP_ROW + GAP_Y;
}

/** Few nodes stand in one row; many in a block that is wider than high. */
function columnsFor(count: number, most: number): number {
  return Math.max(1, Math.min(most, count <= 4 ? count : Math.ceil(Math.sqrt(count * 1.5))));
}

/** From a node's edge to a bar; from a row further away around the nodes that stand between. */
function leafWire(box: Box, barY: number, row: number, rows: number): [number, number][] {
  const above = box.y < barY;
  const edge = above ? box.y + box.height : box.y;
  const bar = above ? barY : barY + BAR;
  const middle = box.x + box.width / 2;
  if (row === 0) return [[middle, edge], [middle, bar]];
  const beside = box.x - 4 - row * Math.min(BESIDE, (GAP_X - 10) / (rows - 1));
  return [[box.x, box.y + box.height / 2], [beside, box.y + box.height / 2], [beside, bar]];
}

function straight(box: Box, bar: Box): [number, number][] {
  const middle = box.x + box.width / 2;
  return bar.y < box.y ? [[middle, box.y], [middle, bar.y + bar.height]] : [[middle, box.y + box.height], [middle, bar.y]];
}

interface Bar {
  name: string;
  first: number;
  last: number;
}

function drawUpright(nodes: MapNode[], networks: string[]): Layout {
  const order = new Map(networks.map((name, at) => [name, at]));
  const spans = spansOf(nodes.filter((node) => node.networks.length > 0), order);
  const sorted = [...spans.map((span) => span.node), ...nodes.filter((node) => node.networks.length === 0)];
  const rowOf = new Map(sorted.map((node, at) => [node.name, at]));
  const bars: Bar[] = networks
    .map((name) => {
      const rows = nodes.filter((node) => node.networks.includes(name)).map((node) => rowOf.get(node.name) ?? 0);
      return { name, first: Math.min(...rows), last: Math.max(...rows) };
    })
    .filter((bar) => Number.isFinite(bar.first))
    .sort((a, b) => a.first - b.first || a.last - b.last);
  // A bar of one row needs the length of two for its name.
  const lanes = lanesOf(bars, (before, next) => Math.max(before.last, before.first + 1) < next.first);
  const count = Math.max(0, ...[...lanes.values()].map((lane) => lane + 1));
  // The first lane is left, the second right, and so on outwards.
  const onLeft = Math.ceil(count / 2);
  const column = MARGIN + onLeft * LANE;
  const rows = Math.max(sorted.length, ...bars.map((bar) => bar.first + 2));
  const out: Layout = {
    width: column + UPRIGHT_WIDTH + (count - onLeft) * LANE + MARGIN,
    height: rows * UPRIGHT_ROW - 12 + 2 * MARGIN,
    upright: true,
    nodes: new Map(),
    networks: new Map(),
    wires: [],
  };
  sorted.forEach((node, at) => {
    out.nodes.set(node.name, { x: column, y: MARGIN + at * UPRIGHT_ROW, width: UPRIGHT_WIDTH, height: NODE_HEIGHT });
  });
  for (const bar of bars) {
    const lane = lanes.get(bar) ?? 0;
    const out_ = Math.floor(lane / 2);
    const left = lane % 2 === 0;
    const x = left ? column - LANE - out_ * LANE : column + UPRIGHT_WIDTH + (LANE - BAR) + out_ * LANE;
    const length = Math.max((bar.last - bar.first + 1) * UPRIGHT_ROW - 12, UPRIGHT_BAR);
    const top = MARGIN + bar.first * UPRIGHT_ROW;
    out.networks.set(bar.name, { x, y: top, width: BAR, height: length });
    for (const node of sorted.filter((one) => one.networks.includes(bar.name))) {
      const box = out.nodes.get(node.name);
      if (!box) continue;
      // Wires of several networks leave a node at several heights.
      const y = box.y + (box.height * (1 + node.networks.indexOf(bar.name))) / (1 + node.networks.length);
      out.wires.push({ node: node.name, network: bar.name, points: left ? [[box.x, y], [x + BAR, y]] : [[box.x + box.width, y], [x, y]] });
    }
  }
  return out;
}

/**
 * Where a key goes: an arrow to the nearest thing in its direction, those that a wire leads to before others; Page Up
 * and Page Down through everything in reading order, Home and End to its ends.
 */
export function neighbour(drawn: Layout, from: string, key: string): string | null {
  const boxes = boxesOf(drawn);
  const ids = [...boxes.keys()];
  if (key === "Home") return ids[0] ?? null;
  if (key === "End") return ids[ids.length - 1] ?? null;
  if (key === "PageDown" || key === "PageUp") return ids[ids.indexOf(from) + (key === "PageDown" ? 1 : -1)] ?? null;
  const here = boxes.get(from);
  if (!here) return null;
  const joined = new Set(drawn.wires.flatMap(({ node, network }) => {
    const ends = [`node ${node}`, `network ${network}`];
    return ends.includes(from) ? ends : [];
  }));
  let best: { id: string; far: number } | null = null;
  for (const [id, box] of boxes) {
    const far = id === from ? null : farness(here, box, key);
    if (far === null) continue;
    const weighed = far * (joined.has(id) ? 0.25 : 1);
    if (best === null || weighed < best.far) best = { id, far: weighed };
  }
  return best?.id ?? null;
}

/** Nodes and networks by one kind of id: `node client`, `network lan`. In reading order. */
export function boxesOf(drawn: Layout): Map<string, Box> {
  const all: [string, Box][] = [
    ...[...drawn.networks].map(([name, box]): [string, Box] => [`network ${name}`, box]),
    ...[...drawn.nodes].map(([name, box]): [string, Box] => [`node ${name}`, box]),
  ];
  return new Map(all.sort(([, a], [, b]) => a.y - b.y || a.x - b.x));
}

/** How far a box is in a direction; null when it is not there. Sideways counts double. */
function farness(from: Box, to: Box, key: string): number | null {
  const gapX = Math.max(to.x - (from.x + from.width), from.x - (to.x + to.width), 0);
  const gapY = Math.max(to.y - (from.y + from.height), from.y - (to.y + to.height), 0);
  const right = to.x >= from.x + from.width;
  const left = to.x + to.width <= from.x;
  const down = to.y >= from.y + from.height;
  const up = to.y + to.height <= from.y;
  if (key === "ArrowRight" && right) return gapX + 2 * gapY;
  if (key === "ArrowLeft" && left) return gapX + 2 * gapY;
  if (key === "ArrowDown" && down) return gapY + 2 * gapX;
  if (key === "ArrowUp" && up) return gapY + 2 * gapX;
  return null;
}
