import { describe, expect, it } from "vitest";
import { BAR, boxesOf, layout, neighbour, type Box, type Layout, type MapNode } from "../../src/apps/map/layout";

/** Random numbers that are the same in every run (mulberry32). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function randomLab(seed: number): { nodes: MapNode[]; networks: string[] } {
  const draw = random(seed);
  const upTo = (most: number) => Math.floor(draw() * (most + 1));
  const networks = Array.from({ length: upTo(9) }, (_, at) => `net${at}`);
  const nodes = Array.from({ length: 1 + upTo(29) }, (_, at) => {
    const links = draw() < 0.6 ? 1 : upTo(4);
    const on = Array.from({ length: links }, () => networks[upTo(networks.length - 1)]).filter((name) => name !== undefined);
    return { name: `n${at}`, networks: [...new Set(on)] };
  });
  const used = new Set(nodes.flatMap((node) => node.networks));
  return { nodes, networks: networks.filter((name) => used.has(name)) };
}

const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** A piece of a wire as a box one pixel thick. */
const pieces = (points: [number, number][]): Box[] =>
  points.slice(1).map(([x, y], at) => {
    const [x0, y0] = points[at] as [number, number];
    return { x: Math.min(x, x0) - 0.5, y: Math.min(y, y0) - 0.5, width: Math.abs(x - x0) + 1, height: Math.abs(y - y0) + 1 };
  });

const touches = ([x, y]: [number, number], box: Box) =>
  x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;

/** What is wrong with a drawing; nothing, as a rule. */
function faults(drawn: Layout, nodes: MapNode[], networks: string[]): string[] {
  const found: string[] = [];
  const boxes = [...boxesOf(drawn)];
  if (drawn.nodes.size !== nodes.length || drawn.networks.size !== networks.length) found.push("something is missing");
  if (drawn.wires.length !== nodes.flatMap((node) => node.networks).length) found.push("a wire is missing");
  boxes.forEach(([id, box], at) => {
    const inside = box.x >= 0 && box.y >= 0 && box.x + box.width <= drawn.width && box.y + box.height <= drawn.height;
    if (!inside) found.push(`${id} is not on the paper`);
    for (const [other, there] of boxes.slice(at + 1)) if (overlap(box, there)) found.push(`${id} lies over ${other}`);
  });
  for (const { node, network, points } of drawn.wires) {
    const wire = `the wire of ${node} to ${network}`;
    if (!touches(points[0] as [number, number], drawn.nodes.get(node) as Box)) found.push(`${wire} begins elsewhere`);
    if (!touches(points.at(-1) as [number, number], drawn.networks.get(network) as Box)) found.push(`${wire} ends elsewhere`);
    for (const [name, box] of drawn.nodes) {
      if (name !== node && pieces(points).some((piece) => overlap(piece, box))) found.push(`${wire} runs through ${name}`);
    }
  }
  return found;
}

describe("the layout", () => {
  it("is sound for any lab of up to 30 nodes, wide and upright, and the same each time", () => {
    for (let seed = 0; seed < 100; seed += 1) {
      const { nodes, networks } = randomLab(seed);
      for (const options of [{}, { room: 400 }, { upright: true }]) {
        const drawn = layout(nodes, networks, options);
        expect(faults(drawn, nodes, networks), `seed ${seed} ${JSON.stringify(options)}`).toEqual([]);
        expect(layout(nodes, networks, options)).toEqual(drawn);
      }
    }
  });

  it("draws a lab of two networks as one would", () => {
    const nodes = [
      { name: "client", networks: ["lan"] },
      { name: "server", networks: ["lan"] },
      { name: "router", networks: ["lan", "far"] },
      { name: "web", networks: ["far"] },
    ];
    const { nodes: boxes, networks } = layout(nodes, ["lan", "far"]);
    const y = (name: string) => (boxes.get(name) ?? networks.get(name))?.y ?? 0;
    expect(y("client")).toBe(y("server"));
    expect(y("client")).toBeLessThan(y("lan"));
    expect(y("lan")).toBeLessThan(y("router"));
    expect(y("router")).toBeLessThan(y("far"));
    expect(y("far")).toBeLessThan(y("web"));
  });

  it("draws 30 nodes of one network in a block that fits a screen", () => {
    const nodes = Array.from({ length: 30 }, (_, at) => ({ name: `n${at}`, networks: ["lan"] }));
    const drawn = layout(nodes, ["lan"]);
    expect(drawn.width).toBeLessThan(1300);
    expect(drawn.height).toBeLessThan(700);
  });

  it("fits a telephone upright with two networks", () => {
    const nodes = [{ name: "a", networks: ["lan"] }, { name: "r", networks: ["lan", "far"] }, { name: "b", networks: ["far"] }];
    const drawn = layout(nodes, ["lan", "far"], { upright: true });
    expect(drawn.width).toBeLessThanOrEqual(336);
    for (const bar of drawn.networks.values()) expect(bar.width).toBe(BAR);
  });

  it("ignores networks that nobody named, and draws nothing for nothing", () => {
    expect(layout([{ name: "a", networks: ["ghost"] }], []).wires).toEqual([]);
    expect(layout([], []).nodes.size).toBe(0);
  });
});

describe("arrow keys", () => {
  const nodes = [{ name: "a", networks: ["lan"] }, { name: "r", networks: ["lan", "far"] }, { name: "b", networks: ["far"] }];

  it("go along the wires", () => {
    const drawn = layout(nodes, ["lan", "far"]);
    expect(neighbour(drawn, "node a", "ArrowDown")).toBe("network lan");
    expect(neighbour(drawn, "network lan", "ArrowDown")).toBe("node r");
    expect(neighbour(drawn, "node r", "ArrowDown")).toBe("network far");
    expect(neighbour(drawn, "network lan", "ArrowUp")).toBe("node a");
    expect(neighbour(drawn, "node a", "Enter")).toBe(null);
  });

  it("never lead to where one is, and Page Down passes everything once", () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const lab = randomLab(seed);
      for (const upright of [false, true]) {
        const drawn = layout(lab.nodes, lab.networks, { upright });
        const all = [...boxesOf(drawn).keys()];
        for (const id of all) {
          const to = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"].map((key) => neighbour(drawn, id, key));
          expect(to).not.toContain(id);
        }
        const passed: (string | null)[] = [];
        for (let at = neighbour(drawn, "", "Home"); at !== null; at = neighbour(drawn, at, "PageDown")) passed.push(at);
        expect(passed).toEqual(all);
      }
    }
  });
});
