// test: names of seeds that were never run before; a failing one is known by its name.

/** `prefix` given: the same names again. */
export function freshSeeds(count: number, prefix?: string): string[] {
  const base = prefix ?? `${Date.now().toString(36)}${Math.floor(Math.random() * 1_296).toString(36)}`;
  return Array.from({ length: count }, (_, index) => `${base}-${index}`);
}
