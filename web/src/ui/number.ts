/// Numbers as learners type them: a comma or a point, spaces between thousands, a hex value.

/** The number with a decimal point and no spaces, or null when it is none. */
export function normaliseNumber(text: string): string | null {
  const plain = text.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  if (/^0x[0-9a-f]+$/i.test(plain)) return String(Number(plain));
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? plain : null;
}
