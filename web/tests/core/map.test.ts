import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BAR, boxesOf, layout, neighbour, type Box, type Layout, type MapNode } from "../../src/apps/map/layout";
import { digitsOf, isWithin, packetOf, packetsOf, type Packet } from "../../src/apps/map/packets";
import { SHOWN_MS, Traffic } from "../../src/apps/map/traffic";

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

const MONDAY = readFileSync(`${import.meta.dirname}/../../../labs/wireshark-intro/assets/monday.pcapng`);

describe("packets", () => {
  it("are read from what an agent captured", () => {
    const packets = [...packetsOf(MONDAY)];
    const labels = new Set(packets.map((packet) => packet.label));
    for (const label of ["ARP request", "ARP reply", "DNS", "SYN", "SYN, ACK", "FIN, ACK"]) expect(labels).toContain(label);
    expect(packets[0]).toEqual({
      from: "02000a140002", to: "ffffffffffff", fromAddress: "0a140002", toAddress: "0a140035", toMany: true, label: "ARP request", bytes: 42,
    });
  });

  it("that are cut anywhere, or nonsense, do no harm", () => {
    const draw = random(7);
    const whole = [...packetsOf(MONDAY)].length;
    for (let cut = 0; cut < 4000; cut += 13) expect([...packetsOf(MONDAY.subarray(0, cut))].length).toBeLessThanOrEqual(whole);
    for (let round = 0; round < 300; round += 1) {
      const spoilt = Uint8Array.from(MONDAY.subarray(0, 6000));
      for (let n = 0; n < 20; n += 1) spoilt[Math.floor(draw() * spoilt.length)] = Math.floor(draw() * 256);
      for (const packet of packetsOf(spoilt)) expect(packet.label).not.toBe("");
    }
  });

  it("of IPv6 are known by what they carry", () => {
    const frame = new Uint8Array(14 + 40 + 8 + 8);
    frame.set([0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x86, 0xdd]);
    frame.set([0x20, 0x01, 0x0d, 0xb8], 14 + 8);
    frame[14 + 6] = 0; // a hop-by-hop header first
    frame[14 + 40] = 58;
    frame[14 + 48] = 135;
    expect(packetOf(frame, 70)).toMatchObject({ label: "NS", toMany: true, fromAddress: digitsOf("2001:db8::") });
  });
});

describe("addresses", () => {
  it("are the same however they are written", () => {
    expect(digitsOf("10.0.0.2/24")).toBe("0a000002");
    expect(digitsOf("2001:DB8::1")).toBe("20010db8000000000000000000000001");
    expect(digitsOf("2001:db8:0:0:0:0:0:1")).toBe(digitsOf("2001:db8::1"));
    expect(digitsOf("::")).toBe("0".repeat(32));
    for (const none of ["", "10.0.0", "10.0.0.256", "1:2:3", "1::2::3", ":::", "x::"]) expect(digitsOf(none), none).toBeNull();
  });

  it("are below a prefix, or not", () => {
    const within = (address: string, prefix: string) => isWithin(digitsOf(address) ?? "", prefix);
    expect(within("10.1.2.200", "10.1.2.128/25")).toBe(true);
    expect(within("10.1.2.100", "10.1.2.128/25")).toBe(false);
    expect(within("2001:db8::5", "2001:db8::/64")).toBe(true);
    expect(within("10.1.2.100", "0.0.0.0/0")).toBe(true);
    for (const none of ["10.1.2.0", "10.1.2.0/33", "2001:db8::/64", "x/8"]) expect(within("10.1.2.0", none), none).toBe(false);
  });
});

describe("traffic", () => {
  const NODES: { name: string; addresses: Record<string, string[]> }[] = [
    { name: "client", addresses: { lan: ["10.0.0.2"] } },
    { name: "server", addresses: { lan: ["10.0.0.1"] } },
    { name: "router", addresses: { lan: ["10.0.0.254"], far: ["192.0.2.1"] } },
    { name: "elsewhere", addresses: { far: ["192.0.2.80"] } },
  ];
  const packet = (from: string, to: string, label = "SYN", more: Partial<Packet> = {}): Packet => ({
    from: `mac-${from}`, to: `mac-${to}`, fromAddress: digitsOf(from), toAddress: digitsOf(to), toMany: false, label, bytes: 74, ...more,
  });

  it("is on the wires of sender and receiver for a moment", () => {
    const lan = new Traffic({ name: "lan", subnet: "10.0.0.0/24" }, NODES);
    lan.take(packet("10.0.0.2", "10.0.0.1"), 1000);
    lan.take(packet("10.0.0.1", "10.0.0.2", "SYN, ACK"), 1100);
    expect(Object.fromEntries(lan.flows(1200))).toEqual({
      client: { out: true, in: true, label: "SYN" },
      server: { out: true, in: true, label: "SYN, ACK" },
    });
    expect(lan.flows(1100 + SHOWN_MS).size).toBe(0);
    expect(lan.recent[0]).toEqual({ from: "server", to: "client", many: false, label: "SYN, ACK" });
  });

  it("from elsewhere comes by the router, and to all goes to all", () => {
    const lan = new Traffic({ name: "lan", subnet: "10.0.0.0/24" }, NODES);
    lan.take(packet("192.0.2.80", "10.0.0.2"), 0);
    expect([...lan.flows(1)]).toEqual([["router", { out: true, in: false, label: "SYN" }], ["client", { out: false, in: true, label: null }]]);
    lan.take(packet("10.0.0.2", "10.0.0.9", "ARP request", { toMany: true }), 0);
    expect([...lan.flows(1).keys()].sort()).toEqual(["client", "router", "server"]);
    // A hidden node of this network is nobody's, and no router.
    lan.take(packet("10.0.0.77", "10.0.0.2"), 0);
    expect(lan.recent[0]).toMatchObject({ from: null, to: "client" });
    // A station without an address yet is nobody's.
    const other = new Traffic({ name: "lan", subnet: "10.0.0.0/24" }, NODES);
    other.take(packet("0.0.0.0", "255.255.255.255", "DHCP", { toMany: true }), 0);
    expect(other.recent[0]?.from).toBeNull();
  });

  it("knows a station again by its hardware address", () => {
    const lan = new Traffic({ name: "lan", subnet: "10.0.0.0/24" }, [...NODES, { name: "gate", addresses: { lan: ["10.0.0.253"], far: [] } }]);
    const routed = packet("192.0.2.80", "10.0.0.2", "RST", { from: "mac-10.0.0.254" });
    lan.take(routed, 0);
    expect(lan.recent[0]?.from).toBeNull();
    lan.take(packet("10.0.0.254", "10.0.0.2"), 0);
    lan.take(routed, 0);
    expect(lan.recent[0]?.from).toBe("router");
  });

  it("is counted for a minute", () => {
    const lan = new Traffic({ name: "lan", subnet: "10.0.0.0/24" }, NODES);
    for (let second = 0; second < 120; second += 1) lan.take(packet("10.0.0.2", "10.0.0.1"), second * 1000);
    expect(lan.minute(119_000)).toEqual({ packets: 60, bytes: 60 * 74 });
    expect(lan.minute(150_000)).toEqual({ packets: 29, bytes: 29 * 74 });
    expect(lan.minute(500_000)).toEqual({ packets: 0, bytes: 0 });
  });
});
