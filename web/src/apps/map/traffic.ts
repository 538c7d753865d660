/// Whose packets they are: finds the node behind a frame's address, remembers what each wire carried last, and counts
/// the last minute of a network. Pure: the time is given.

import type { NetworkView, NodeView } from "../../core/types";
import { digitsOf, isWithin, type Packet } from "./packets";

/** How long a packet stays to be seen. */
export const SHOWN_MS = 2_500;
const MINUTE = 60;
const RECENT = 5;

/** What a wire shows. */
export interface Flow {
  /** From the node, to it, or both within a moment. */
  out: boolean;
  in: boolean;
  /** What the node sent. */
  label: string | null;
}

/** A packet in words; null: none of the lab's nodes that is on the network. */
export interface Said {
  from: string | null;
  to: string | null;
  /** To all on the network, or to a group of them. */
  many: boolean;
  label: string;
}

interface Wire {
  outUntil: number;
  inUntil: number;
  label: string;
}

/** One network. */
export class Traffic {
  #nodes = new Map<string, string>();
  #routers: string[] = [];
  #members: string[] = [];
  /** Hardware addresses, and whose they are. */
  #stations = new Map<string, string>();
  #wires = new Map<string, Wire>();
  #seconds = Array.from({ length: MINUTE }, () => ({ at: -1, packets: 0, bytes: 0 }));
  #recent: Said[] = [];

  readonly network: string;
  #subnet: string | null;

  constructor({ name, subnet }: Pick<NetworkView, "name" | "subnet">, nodes: readonly Pick<NodeView, "name" | "addresses">[]) {
    this.network = name;
    this.#subnet = subnet ?? null;
    this.learn(nodes);
  }

  /** The lab's nodes, as they are now. */
  learn(nodes: readonly Pick<NodeView, "name" | "addresses">[]): void {
    const members = nodes.filter((node) => this.network in node.addresses);
    this.#members = members.map((node) => node.name);
    this.#routers = members.filter((node) => Object.keys(node.addresses).length > 1).map((node) => node.name);
    this.#nodes.clear();
    for (const { name, addresses } of members) {
      for (const address of addresses[this.network] ?? []) {
        const digits = digitsOf(address);
        if (digits !== null) this.#nodes.set(digits, name);
      }
    }
  }

  take(packet: Packet, now: number): void {
    const from = this.#node(packet.from, packet.fromAddress);
    const to = packet.toMany ? null : this.#node(packet.to, packet.toAddress);
    this.#count(packet.bytes, now);
    if (from !== null) Object.assign(this.#wire(from), { outUntil: now + SHOWN_MS, label: packet.label });
    const receivers = packet.toMany ? this.#members.filter((name) => name !== from) : to === null ? [] : [to];
    for (const name of receivers) this.#wire(name).inUntil = now + SHOWN_MS;
    const said = { from, to, many: packet.toMany, label: packet.label };
    this.#recent = [said, ...this.#recent].slice(0, RECENT);
  }

  /** What the wires of the network show, by node. */
  flows(now: number): Map<string, Flow> {
    const flows = new Map<string, Flow>();
    for (const [name, wire] of this.#wires) {
      const [out, into] = [wire.outUntil > now, wire.inUntil > now];
      if (out || into) flows.set(name, { out, in: into, label: out ? wire.label : null });
    }
    return flows;
  }

  minute(now: number): { packets: number; bytes: number } {
    const second = Math.floor(now / 1000);
    const kept = this.#seconds.filter(({ at }) => at > second - MINUTE);
    const sum = (of: "packets" | "bytes") => kept.reduce((all, one) => all + one[of], 0);
    return { packets: sum("packets"), bytes: sum("bytes") };
  }

  /** The last packets, the newest first. */
  get recent(): readonly Said[] {
    return this.#recent;
  }

  /**
   * A station is known by the address that it sends from or is sent to. One whose packets come from another network is
   * the router, where there is only one.
   */
  #node(station: string, address: string | null): string | null {
    const named = address === null ? undefined : this.#nodes.get(address);
    if (named !== undefined) {
      if (!this.#stations.has(station)) this.#stations.set(station, named);
      return this.#stations.get(station) ?? named;
    }
    const known = this.#stations.get(station);
    if (known !== undefined) return known;
    const [router, ...others] = this.#routers;
    return address !== null && this.#isFar(address) && router !== undefined && others.length === 0 ? router : null;
  }

  #isFar(address: string): boolean {
    return isRouted(address) && !(this.#subnet !== null && isWithin(address, this.#subnet));
  }

  #wire(name: string): Wire {
    const wire = this.#wires.get(name) ?? { outUntil: 0, inUntil: 0, label: "" };
    this.#wires.set(name, wire);
    return wire;
  }

  #count(bytes: number, now: number): void {
    const at = Math.floor(now / 1000);
    const slot = this.#seconds[at % MINUTE];
    if (!slot) return;
    if (slot.at !== at) Object.assign(slot, { at, packets: 0, bytes: 0 });
    slot.packets += 1;
    slot.bytes += bytes;
  }
}

/** Not the address of a station that has none yet, nor one that is valid on its link alone (RFC 4291 §2.5.6). */
function isRouted(digits: string): boolean {
  return !/^0+$/.test(digits) && !(digits.length === 32 && digits.startsWith("fe8"));
}
