/// Moments in fields of the kind `datetime-local`: the reader's own time, to the minute. Pure.

/** A moment for the field; empty when there is none. */
export function fieldOf(at: number | null | undefined): string {
  if (at == null) return "";
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The moment of a field; null when it is empty. */
export function momentOf(field: string): number | null {
  const at = new Date(field).getTime();
  return field === "" || Number.isNaN(at) ? null : at;
}
