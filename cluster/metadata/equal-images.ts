// core: whether two parts of an image say the same, whatever the order of their maps.

/** Equal in depth: primitives, arrays, maps and plain objects. */
export function areEqual(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (one instanceof Map || other instanceof Map) {
    if (!(one instanceof Map && other instanceof Map) || one.size !== other.size) return false;
    for (const [key, value] of one) if (!other.has(key) || !areEqual(value, other.get(key))) return false;
    return true;
  }
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const fields = Object.keys(one);
  if (fields.length !== Object.keys(other).length) return false;
  const left = one as Record<string, unknown>;
  const right = other as Record<string, unknown>;
  return fields.every((field) => Object.hasOwn(right, field) && areEqual(left[field], right[field]));
}
