/// Which session was just started from a link here. A lab may be ready before its page is drawn; it still is a start,
/// so the focus goes to its first tab, which a reload must not do.

let latest: string | null = null;

export function markLaunched(id: string): void {
  latest = id;
}

/** Whether this session was just started; true only once. */
export function takeLaunched(id: string): boolean {
  const launched = latest === id;
  latest = null;
  return launched;
}
