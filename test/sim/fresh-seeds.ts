// test: names of seeds that were never run before; a failing one is known by its name.

/** `prefix` given: the same names again. */
export function freshSeeds(count: number, prefix?: string): string[] {
  const base = prefix ?? freshName();
  return Array.from({ length: count }, (_, index) => `${base}-${index}`);
}

/** Of seeds that were never run before. */
export function freshName(): string {
  return `${Date.now().toString(36)}${Math.floor(Math.random() * 1_296).toString(36)}`;
}
