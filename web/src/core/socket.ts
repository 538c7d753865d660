/// When to try again after a socket was lost, and where sockets are. Pure but for `location`.

export const CLOSE = {
  badMessage: 4400,
  badToken: 4401,
  forbidden: 4403,
  notFound: 4404,
  notReady: 4409,
  tooMany: 4429,
  goingAway: 1012,
} as const;

const DELAYS_MS = [150, 400, 800, 1500, 2500, 3000];

/** The wait before attempt number `attempt` (from 0), spread by ±20 % so that a class does not return in one burst. */
export function retryDelay(attempt: number, random: () => number = Math.random): number {
  const base = DELAYS_MS[Math.min(attempt, DELAYS_MS.length - 1)] ?? 3000;
  return Math.round(base * (0.8 + 0.4 * random()));
}

export function socketUrl(path: string, at: { protocol: string; host: string } = location): string {
  return `${at.protocol === "https:" ? "wss:" : "ws:"}//${at.host}${path}`;
}

/** What a connection needs of a WebSocket; a polled channel and tests give their own. */
export interface Socket {
  binaryType: BinaryType;
  readyState: number;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  onerror: ((event: Event) => void) | null;
  send(data: string | ArrayBufferView<ArrayBuffer>): void;
  close(code?: number): void;
}

/** Opens a socket. Apps take `dial` of `transport.ts`. */
export type Dial = (url: string) => Socket;
