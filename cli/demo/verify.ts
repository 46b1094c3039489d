// core: what the demo promises, checked: every acknowledged record is there exactly once, in the order in
// which it was sent within its key, and nothing is there that was never sent. Knows records by their number
// in the input.

export interface Seen {
  number: number;
  key: string;
  value: string;
  partition: number;
  offset: number;
}

export interface Verdict {
  read: number;
  /** Numbers of acknowledged records that are not there. */
  missing: number[];
  /** Numbers that are there more than once. */
  duplicated: number[];
  /** Places where a key's records stand in another order than they were sent. */
  outOfOrder: string[];
  /** Records that nobody sent, or with another key or value than was sent. */
  foreign: string[];
  /** There although the producer was told that they failed, or was told nothing: allowed, counted. */
  unacknowledgedPresent: number;
}

export function verify(options: {
  sent: ReadonlyMap<number, { key: string; value: string }>;
  acknowledged: ReadonlySet<number>;
  seen: Iterable<Seen>;
}): Verdict {
  const verdict: Verdict = {
    read: 0,
    missing: [],
    duplicated: [],
    outOfOrder: [],
    foreign: [],
    unacknowledgedPresent: 0,
  };
  const found = new Set<number>();
  const lastOfKey = new Map<string, Seen>();
  for (const item of bySpot(options.seen)) {
    verdict.read++;
    const place = `partition ${item.partition} offset ${item.offset}`;
    const source = options.sent.get(item.number);
    if (!source || source.key !== item.key || source.value !== item.value) {
      verdict.foreign.push(`${place}: record ${item.number} with key ${item.key}`);
      continue;
    }
    if (found.has(item.number)) verdict.duplicated.push(item.number);
    found.add(item.number);
    if (!options.acknowledged.has(item.number)) verdict.unacknowledgedPresent++;
    const before = lastOfKey.get(item.key);
    if (before && (before.number >= item.number || before.partition !== item.partition)) {
      verdict.outOfOrder.push(`${place}: key ${item.key} has record ${item.number} after ${before.number}`);
    }
    lastOfKey.set(item.key, item);
  }
  for (const number of options.acknowledged) if (!found.has(number)) verdict.missing.push(number);
  return verdict;
}

/** Partition by partition, in offset order: the order within a key is judged on that. */
function bySpot(seen: Iterable<Seen>): Seen[] {
  return [...seen].sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

export function holds(verdict: Verdict): boolean {
  return [verdict.missing, verdict.duplicated, verdict.outOfOrder, verdict.foreign].every(
    (list) => list.length === 0,
  );
}
