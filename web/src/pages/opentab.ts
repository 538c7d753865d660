/// The way to a lab in the learner's own browser.

import { api } from "../core/account.svelte";
import { base, launched } from "../core/framed";

/** Who came from a course platform has a sign-in that is this window's alone: a new window is told of it, in a part of the
 *  address that no server sees. */
export function openTab(address: string): void {
  if (launched) window.open(`${address}#token=${api.token ?? ""}&at=${base}`, "_blank", "noopener");
  else location.assign(address);
}
