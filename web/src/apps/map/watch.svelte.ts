/// The traffic of a lab while it is watched: one capture a network, and what the map shows of it. It draws nothing.

import { Live } from "../../core/capture";
import type { LineReport } from "../../core/link";
import { dial } from "../../core/transport";
import type { SessionView } from "../../core/types";
import { packetsOf, SNAP_BYTES } from "./packets";
import { Traffic, type Flow, type Said } from "./traffic";

/** A machine has eight captures; some are left for the tabs that show packets. */
export const MOST_NETWORKS = 6;
/** More often nobody reads it. */
const DRAW_EVERY_MS = 250;
const COUNT_EVERY_MS = 1_000;

export interface Origin {
  session: string;
  token: () => string | null;
  line: LineReport;
  signedOut: () => void;
}

/** What is known of one network. */
export interface Seen {
  packets: number;
  bytes: number;
  recent: readonly Said[];
}

export class Watch {
  /** What wires show, by `network node`. */
  flows = $state.raw<ReadonlyMap<string, Flow>>(new Map());
  networks = $state.raw<ReadonlyMap<string, Seen>>(new Map());
  /** Networks that could not be listened to. */
  refused = $state.raw<ReadonlySet<string>>(new Set());
  #kept: Traffic[] = [];
  #lives: Live[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The next drawing is soon. */
  #soon = false;

  constructor(view: SessionView, origin: Origin) {
    this.refused = new Set(view.networks.slice(MOST_NETWORKS).map((network) => network.name));
    for (const network of view.networks.slice(0, MOST_NETWORKS)) {
      const traffic = new Traffic(network, view.nodes);
      this.#kept.push(traffic);
      this.#lives.push(this.#listen(traffic, origin));
    }
    this.#draw();
  }

  /** The nodes have changed. */
  learn(view: SessionView): void {
    for (const traffic of this.#kept) traffic.learn(view.nodes);
  }

  retryNow(): void {
    for (const live of this.#lives) live.retryNow();
  }

  drop(): void {
    for (const live of this.#lives) live.drop();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const live of this.#lives) live.close();
  }

  #listen(traffic: Traffic, { session, token, line, signedOut }: Origin): Live {
    const events = {
      packets: (bytes: Uint8Array) => {
        const now = Date.now();
        for (const packet of packetsOf(bytes)) traffic.take(packet, now);
        if (!this.#soon) this.#drawIn(DRAW_EVERY_MS);
      },
      state: (state: Live["state"]) => {
        if (state === "refused") this.refused = new Set([...this.refused, traffic.network]);
      },
      dropped: () => {},
      signedOut,
    };
    return new Live(session, traffic.network, token, events, line, dial, SNAP_BYTES);
  }

  /** Draws again while there is something that passes, or that is still counted. */
  #draw(): void {
    const now = Date.now();
    const networks = new Map<string, Seen>();
    const flows = new Map<string, Flow>();
    for (const traffic of this.#kept) {
      networks.set(traffic.network, { ...traffic.minute(now), recent: traffic.recent });
      for (const [node, flow] of traffic.flows(now)) flows.set(`${traffic.network} ${node}`, flow);
    }
    this.flows = flows;
    this.networks = networks;
    const counted = [...networks.values()].some((seen) => seen.packets > 0);
    this.#soon = false;
    if (flows.size > 0) this.#drawIn(DRAW_EVERY_MS);
    else if (counted) this.#drawIn(COUNT_EVERY_MS);
  }

  #drawIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#soon = ms <= DRAW_EVERY_MS;
    this.#timer = setTimeout(() => this.#draw(), ms);
  }
}
