/// What the tab and the frame of an author's page say to each other. Types only. Whatever is in the frame could say the same
/// as our own script in it: nothing that follows may cost anything.

/** To the frame, whenever it says hello. */
export interface Files {
  page: "files";
  /** The file to show. */
  first: string;
  files: { path: string; bytes: ArrayBuffer }[];
}

/** From the frame. */
export type Said =
  | { page: "hello" }
  /** It is there. */
  | { page: "shown" }
  | { page: "failed"; why: string }
  /** The learner follows a link to another page of the folder. */
  | { page: "go"; to: string };

/** Null is what is none of ours. */
export function saidOf(data: unknown): Said | null {
  const said = data as Partial<Said> | null;
  if (said?.page === "hello" || said?.page === "shown") return { page: said.page };
  if (said?.page === "failed") return { page: "failed", why: String((said as { why?: unknown }).why) };
  const to = (said as { to?: unknown } | null)?.to;
  return said?.page === "go" && typeof to === "string" ? { page: "go", to } : null;
}
