/// What the map says about nodes and networks. Pure but for the learner's language.

import { formatNumber, t, type Key } from "../../core/i18n/index.svelte";
import type { NetworkView, NodeView } from "../../core/types";
import type { IconName } from "../../ui/icons";

interface StateLook {
  key: Key;
  tone: "done" | "part" | "bad" | "neutral";
  icon: IconName;
}

export const STATES: Record<NodeView["state"], StateLook> = {
  waiting: { key: "map.state.waiting", tone: "neutral", icon: "ring" },
  creating: { key: "map.state.creating", tone: "part", icon: "dashed" },
  starting: { key: "map.state.starting", tone: "part", icon: "dashed" },
  ready: { key: "map.state.ready", tone: "done", icon: "check" },
  failed: { key: "map.state.failed", tone: "bad", icon: "alert" },
};

/** How a network slows traffic down; null when it does not. */
export function shapingWords({ shaping }: NetworkView): string | null {
  if (!shaping) return null;
  const { delay_ms, jitter_ms, loss, rate_kbps } = shaping;
  const parts: string[] = [];
  if (delay_ms > 0) parts.push(t("map.delay", { n: delay_ms }));
  if (jitter_ms > 0) parts.push(t("map.jitter", { n: jitter_ms }));
  if (loss > 0) parts.push(t("map.loss", { n: formatNumber(loss * 100) }));
  if (rate_kbps >= 1000) parts.push(t("map.mbit", { n: rate_kbps / 1000 }));
  else if (rate_kbps > 0) parts.push(t("map.kbit", { n: rate_kbps }));
  return parts.length === 0 ? null : parts.join(", ");
}

/** A node's second line on the map: where it is, or what it is at. */
export function nodeLine(node: NodeView): string {
  if (node.state !== "ready") return t(STATES[node.state].key);
  const networks = Object.values(node.addresses);
  if (networks.length === 0) return t("map.nonetwork");
  if (networks.length > 1) return t("map.several", { n: networks.length });
  return networks[0]?.[0] ?? t("map.noaddress");
}

/** All of a node, for those who hear the map. It begins with what stands there, so that it can be asked for by that. */
export function nodeWords(node: NodeView): string {
  const where = Object.entries(node.addresses).map(([network, addresses]) => [network, ...addresses].join(" "));
  const details = node.state === "ready" ? [t(STATES.ready.key), ...where] : where;
  const seen = { node: node.name, line: nodeLine(node) };
  return details.length === 0 ? t("map.node.plain", seen) : t("map.node", { ...seen, details: details.join(", ") });
}

export function networkWords(network: NetworkView): string {
  const seen = [network.name, network.subnet, shapingWords(network)].filter((one) => one !== null && one !== undefined);
  return t("map.network", { network: seen.join(" ") });
}

/** Text that fits in so many pixels, roughly; what is cut off is said elsewhere. */
export function fit(text: string, width: number, perChar = 7.6): string {
  const most = Math.max(1, Math.floor(width / perChar));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
