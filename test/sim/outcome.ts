// test: what one run came to, as plain data that crosses processes: how it ended, its fingerprint, and the
// counts of what happened and of what was checked.
import type { Faults } from "./faults.ts";
import type { Grouping } from "./grouping.ts";
import type { Invariant } from "./invariants.ts";
import type { Ledger } from "./ledger.ts";
import type { Plan } from "./plan.ts";
import type { SimCluster } from "./sim-cluster.ts";
import { type CheckCounts, type FailureKind, Violation } from "./violation.ts";
import type { VoterShifts } from "./voter-shifts.ts";
import type { Watch } from "./watch.ts";
import type { Workload } from "./workload.ts";

export interface Failure {
  kind: FailureKind;
  invariant: Invariant;
  message: string;
  phase: string;
  /** Virtual time, ms. */
  timeMs: number;
  /** What the nodes logged last. */
  log: string;
}

export interface Outcome {
  seed: string;
  failure: Failure | null;
  trace: string;
  virtualMs: number;
  /** What happened: events, faults carried out and what came of them. */
  counts: Record<string, number>;
  /** How often each invariant was looked at. */
  checks: Partial<Record<Invariant, number>>;
}

/** Exit codes of the command; a run with several failures ends with the worst. */
export const exitCodes: Readonly<Record<FailureKind, number>> = { crash: 3, stuck: 4, wrong: 5 };

export function outcomeOf(run: {
  plan: Plan;
  cluster: SimCluster;
  watch: Watch;
  faults: Faults;
  ledger: Ledger;
  workload: Workload;
  voterShifts: VoterShifts | null;
  grouping: Grouping | null;
  checks: CheckCounts;
  phase: string;
  error: unknown;
}): Outcome {
  const { plan, cluster, checks } = run;
  const { world } = cluster;
  return {
    seed: plan.seed,
    failure: run.error === null ? null : failureOf(run.error, run),
    trace: world.traceHash(),
    virtualMs: world.scheduler.nowMs,
    counts: countsOf(run),
    checks: Object.fromEntries(checks.counts),
  };
}

function failureOf(error: unknown, { phase, cluster }: { phase: string; cluster: SimCluster }): Failure {
  const { world } = cluster;
  const at = { phase, timeMs: world.scheduler.nowMs, log: world.logs.tail(60) };
  if (error instanceof Violation) {
    return { kind: error.kind, invariant: error.invariant, message: error.message, ...at };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: "crash", invariant: "node: no process ends by itself", message: text, ...at };
}

function countsOf(run: Parameters<typeof outcomeOf>[0]): Record<string, number> {
  const { world } = run.cluster;
  const { stats } = world;
  const { raft, metadata, partitions, retention } = run.watch;
  const faults = Object.fromEntries([...run.faults.counts].map(([kind, count]) => [`fault ${kind}`, count]));
  return {
    events: world.scheduler.eventsRun,
    "records acknowledged": run.ledger.acknowledged,
    "records failed": run.ledger.failed,
    "records read": run.ledger.read,
    "admin calls": run.workload.adminCalls,
    ...faults,
    "process crashes": stats.processCrashes,
    "power cuts": stats.powerCuts,
    "power cuts that dropped bytes": stats.powerCutsThatDropped,
    "torn writes": stats.tornWrites,
    "failed syncs": stats.failedSyncs,
    "full disk refusals": stats.fullDiskRefusals,
    "lost disks": stats.lostDisks,
    "connections reset": stats.resets,
    "deliveries stalled": stats.stalledDeliveries,
    pauses: stats.pauses,
    "clock jumps": stats.clockJumps,
    halts: stats.halts,
    elections: raft.elections,
    "voters added": run.voterShifts?.added ?? 0,
    "voters removed": run.voterShifts?.removed ?? 0,
    "group members crashed": run.grouping?.crashes ?? 0,
    "group assignments": run.grouping?.rebalances ?? 0,
    "commits acknowledged": run.grouping?.model.acknowledgedCommits ?? 0,
    "commits fetched": run.grouping?.model.fetchedCommits ?? 0,
    "group shards loaded": run.watch.groups.loaded,
    "snapshots installed": raft.snapshotsInstalled,
    "leaders moved": metadata.leaderMoves,
    "brokers fenced": metadata.fences,
    "in-sync sets shrunk": metadata.isrShrinks,
    "in-sync sets grown": metadata.isrGrows,
    "retention removals": retention.removals,
    "logs truncated": raft.truncations + partitions.truncations,
    "replicas begun anew in another directory": partitions.begunAnew,
  };
}
