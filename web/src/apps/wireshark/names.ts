/// Nodes by their addresses, so that the list names machines as the lab does. Pure.

import type { SessionView } from "../../core/types";

export function namesOf(view: Pick<SessionView, "nodes">): Map<string, string> {
  const pairs = view.nodes.flatMap((node) =>
    Object.values(node.addresses).flatMap((addresses) => addresses.map((address) => [address, node.name] as const)),
  );
  return new Map(pairs);
}
