// core: the known name that a wrong one was most likely meant to be.

/** Letters to insert, remove or change to make one text of the other (Levenshtein). */
export function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 1; at <= one.length; at++) {
    const next = [at];
    for (let to = 1; to <= other.length; to++) {
      const change = row[to - 1]! + (one[at - 1] === other[to - 1] ? 0 : 1);
      next.push(Math.min(change, row[to]! + 1, next[to - 1]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
}

/** Null when nothing is near: more than half of the letters would have to change. */
export function nearestName(wrong: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.floor(wrong.length / 2) + 1;
  for (const name of known) {
    const distance = editDistance(wrong, name);
    if (distance < least) {
      best = name;
      least = distance;
    }
  }
  return best;
}
