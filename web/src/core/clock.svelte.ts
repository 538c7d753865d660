/// Time left in the lab, by the server's clock: a learner's computer may be wrong by hours, so only differences are
/// taken from it. `now` ticks once a second for whatever shows time.

export const COPPER_MS = 10 * 60_000;
export const LAST_MS = 60_000;

class Ticker {
  now = $state(Date.now());

  constructor() {
    setInterval(() => (this.now = Date.now()), 1000);
  }
}

export const ticker = new Ticker();

/** How far the server's clock is ahead of ours, in milliseconds. Both are Unix time in milliseconds. */
export function skew(serverNow: number, ours: number): number {
  return serverNow - ours;
}

export function leftMs(endsAt: number | null | undefined, ours: number, skewMs: number): number | null {
  return endsAt === null || endsAt === undefined ? null : Math.max(0, endsAt - (ours + skewMs));
}

export type ClockState = "none" | "calm" | "short" | "last";

export function clockState(left: number | null): ClockState {
  if (left === null) return "none";
  if (left <= LAST_MS) return "last";
  return left < COPPER_MS ? "short" : "calm";
}

/** Two clocks never agree to the second; without this, two hours would begin as 2:01. */
const SLACK_MS = 2_000;

/** `1:42` for an hour and more; minutes alone below. Minutes are rounded up, so that 0 means the end. */
export function hoursMinutes(left: number): { hours: number; minutes: number } {
  const minutes = Math.max(0, Math.ceil((left - SLACK_MS) / 60_000));
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}
