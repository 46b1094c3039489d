// test: what many runs did and checked, added up, and what they must have reached together: a fault that was
// never carried out, or a promise that was never looked at, makes the whole run worthless.

import { allFaultKinds } from "./fault-kinds.ts";
import { type Invariant, invariants } from "./invariants.ts";
import type { Outcome } from "./outcome.ts";

/** So many seeds must reach every fault and every check; fewer need not. */
export const seedsForFullReach = 100;

/** What 200 seeds must do at least; fewer half of their share, since chance counts for more there. */
const floorsPer200: Readonly<Record<string, number>> = {
  "power cuts that dropped bytes": 100,
  elections: 500,
  "logs truncated": 200,
  "snapshots installed": 50,
  "lost disks": 50,
  "records acknowledged": 100_000,
};

const reachedByMany = [
  "process crashes",
  "torn writes",
  "failed syncs",
  "connections reset",
  "deliveries stalled",
  "leaders moved",
  "brokers fenced",
  "in-sync sets shrunk",
  "in-sync sets grown",
  "voters added",
  "voters removed",
  "replicas begun anew in another directory",
  "records compacted away",
  "tombstones compacted away",
];

export interface Totals {
  seeds: number;
  virtualMs: number;
  counts: Map<string, number>;
  checks: Map<string, number>;
}

export function totalsOf(outcomes: readonly Outcome[]): Totals {
  const totals: Totals = { seeds: 0, virtualMs: 0, counts: new Map(), checks: new Map() };
  for (const outcome of outcomes) {
    totals.seeds++;
    totals.virtualMs += outcome.virtualMs;
    addUp(totals.counts, outcome.counts);
    addUp(totals.checks, outcome.checks);
  }
  return totals;
}

function addUp(sums: Map<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) sums.set(name, (sums.get(name) ?? 0) + count);
}

/** What these runs should have reached and did not; empty for a few seeds. */
export function notReached({ seeds, counts, checks }: Totals): string[] {
  if (seeds < seedsForFullReach) return [];
  const missing: string[] = [];
  for (const kind of allFaultKinds) {
    if (!counts.has(`fault ${kind}`)) missing.push(`the fault ${kind} was never carried out`);
  }
  for (const name of reachedByMany) if (!counts.get(name)) missing.push(`${name}: none`);
  for (const [name, floor] of Object.entries(floorsPer200)) {
    const share = (floor * seeds) / 200;
    const least = Math.floor(seeds >= 200 ? share : share / 2);
    const count = counts.get(name) ?? 0;
    if (count < least) missing.push(`${name}: ${count}, not ${least}`);
  }
  for (const name of invariants as readonly Invariant[]) {
    if (!checks.get(name)) missing.push(`never looked at: ${name}`);
  }
  return missing;
}
