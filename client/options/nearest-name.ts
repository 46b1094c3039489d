// core: the known name that is most like a mistyped one. Kafka's own spelling (`linger.ms`, `LINGER_MS`)
// counts as the same as ours (`lingerMs`).

/** The nearest of `names`, or null when none is near. */
export function nearestName(given: string, names: readonly string[]): string | null {
  const wanted = plain(given);
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.ceil(wanted.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(wanted, plain(name));
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[._-]/g, "");
}

/** Levenshtein: insertions, deletions and replacements that make one text of the other. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const replace = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replace, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
}
