/// What our own stand-in pages say from inside the frame. Whatever is in the frame could say the same: nothing that
/// follows from it may cost anything.

const WORDS = ["closed", "waiting", "failed"] as const;

export type Word = (typeof WORDS)[number];

/** The word of a message, or null when it is somebody else's. */
export function wordOf(data: unknown): Word | null {
  const word = (data as { labwright?: unknown } | null)?.labwright;
  return WORDS.find((known) => known === word) ?? null;
}
