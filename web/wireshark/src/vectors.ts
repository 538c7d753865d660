/// C++ vectors and byte strings of Wiregasm as JavaScript's own. Each vector is freed.

import type { Vector } from "@goodtools/wiregasm";

export function list<T>(vector: Vector<T>, most = Infinity): T[] {
  const length = Math.min(vector.size(), most);
  const items = Array.from({ length }, (_, at) => vector.get(at));
  (vector as Vector<T> & { delete?: () => void }).delete?.();
  return items;
}

export function bytes(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
