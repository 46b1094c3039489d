// test: what one run will be like, drawn from its seed before it begins: the size of the cluster, its
// settings, the load, and which kinds of faults there are. Each run leaves most kinds out (swarm testing):
// what only shows without a certain fault, or with one fault at high rate, is found that way too.

import type { DiskFaults } from "../../base/virtual/disk-faults.ts";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import type { FabricSettings } from "../../base/virtual/wires.ts";
import { type AgingPlan, agingOf } from "./aging-plan.ts";
import { type Aim, aimOf } from "./aim.ts";
import { aimedFaults } from "./aimed-faults.ts";
import { type CompactingPlan, compactingOf } from "./compacting-plan.ts";
import { aimedFaultKinds, directoryFaultKinds, type FaultKind, faultKinds } from "./fault-kinds.ts";
import { type GroupingPlan, groupingOf, groupSettingsOf } from "./grouping-plan.ts";
import { hasVoterShifts } from "./voter-shifts-plan.ts";

export interface Plan {
  seed: string;
  brokers: number;
  voters: number;
  /** Every node can vote, and the voters change on the way. */
  shiftsVoters: boolean;
  partitions: number;
  /** Log directories of each broker. */
  directories: 1 | 2;
  flushPolicy: "durable" | "os";
  settings: Readonly<Record<string, string>>;
  topicSettings: Readonly<Record<string, string>>;
  network: Partial<FabricSettings>;
  disk: Partial<DiskFaults>;
  /** A topic whose records do not stay for ever. */
  aging: AgingPlan | null;
  /** Groups that read. */
  grouping: GroupingPlan | null;
  /** A topic that is compacted. */
  compacting: CompactingPlan | null;
  /** Kinds that occur, with their weights. */
  faults: readonly { kind: FaultKind; weight: number }[];
  /** Mean time between two faults, ms. */
  faultEveryMs: number;
  /** How long faults go on, ms. */
  faultsForMs: number;
  load: { producers: number; acksOneProducers: number; everyMs: number; keys: number; valueBytes: number };
}

export function planOf(seed: string): Plan {
  const random = new SeededRandom(seed).fork("plan");
  // Of its own, so that what is drawn for disks leaves all else of a known seed as it was.
  const disks = new SeededRandom(seed).fork("disks of the plan");
  const directories = disks.chance(0.35) ? 2 : 1;
  const brokers = random.pick([3, 3, 3, 4, 5]);
  const flushPolicy = random.chance(0.85) ? "durable" : "os";
  const sessionMs = random.pick([600, 1_500]);
  const electionMs = random.pick([300, 600, 1_000]);
  const compacting = compactingOf(seed);
  const aim = aimOf(seed);
  return {
    seed,
    brokers,
    voters: 3,
    shiftsVoters: hasVoterShifts(seed),
    partitions: 1 + random.below(4),
    flushPolicy,
    settings: {
      ...groupSettingsOf(groupingOf(seed)),
      "ottla.flush.policy": flushPolicy,
      "broker.session.timeout.ms": String(sessionMs),
      "broker.heartbeat.interval.ms": String(sessionMs / 5),
      "controller.quorum.election.timeout.ms": String(electionMs),
      "replica.lag.time.max.ms": String(random.pick([1_000, 2_000, 5_000])),
      "metadata.log.max.record.bytes.between.snapshots": String(
        random.pick([2_000, 2_000, 8_000, 20_000_000]),
      ),
      "log.retention.check.interval.ms": "300",
      "ottla.log.dir.reserve.bytes": String(disks.pick([0, 5_000, 16_777_216])),
      "ottla.metadata.log.trailing.records": String(random.pick([0, 0, 20, 10_000])),
      "log.cleaner.enable": String(compacting !== null),
      ...compacting?.settings,
    },
    topicSettings: {
      "min.insync.replicas": "2",
      "segment.bytes": String(random.pick([16_384, 65_536, 1_048_576])),
    },
    network: {
      delayMs: [0.05, random.pick([1, 5, 20])],
      stallTimeoutMs: [2_000, 6_000],
      silenceTimeoutMs: [2_000, 6_000],
    },
    disk: {
      syncMs: random.pick([
        [0.2, 3],
        [1, 20],
        [0.1, 0.5],
      ] as const),
    },
    aging: agingOf(seed),
    grouping: groupingOf(seed),
    compacting,
    directories,
    faults: aim === null ? anyFaultsOf(seed, { random, disks, directories }) : faultsFor(aim, random),
    faultEveryMs: random.pick([300, 800, 2_000]),
    faultsForMs: 12_000,
    load: loadOf(aim, random),
  };
}

function loadOf(aim: Aim | null, random: SeededRandom): Plan["load"] {
  // What a run is aimed at has a load of its own.
  const isAside = aim === "groups" || aim === "compaction";
  return {
    producers: isAside ? 1 : 1 + random.below(2),
    acksOneProducers: isAside ? 0 : random.below(2),
    everyMs: isAside ? 30 : random.pick([2, 5, 15]),
    keys: 1 + random.below(8),
    valueBytes: random.pick([20, 200, 1_500]),
  };
}

function faultsFor(aim: Aim, random: SeededRandom): Plan["faults"] {
  const kinds = Object.entries(aimedFaults[aim]) as [FaultKind, number][];
  const chosen = kinds.filter(() => random.chance(0.6));
  return (chosen.length > 0 ? chosen : kinds).map(([kind, weight]) => ({ kind, weight }));
}

function anyFaultsOf(
  seed: string,
  { random, disks, directories }: { random: SeededRandom; disks: SeededRandom; directories: 1 | 2 },
): Plan["faults"] {
  return [
    ...faultsOf(random),
    ...(directories === 2 ? directoryFaultsOf(disks) : []),
    ...aimedFaultsOf(new SeededRandom(seed).fork("aimed faults")),
  ];
}

function directoryFaultsOf(random: SeededRandom): { kind: FaultKind; weight: number }[] {
  return directoryFaultKinds
    .filter(() => random.chance(0.7))
    .map((kind) => ({ kind, weight: 1 + random.below(3) }));
}

function faultsOf(random: SeededRandom): { kind: FaultKind; weight: number }[] {
  const rate = random.pick([0.2, 0.35, 0.6]);
  const chosen: FaultKind[] = faultKinds.filter(() => random.chance(rate));
  const kinds = chosen.length > 0 ? chosen : [random.pick(faultKinds)];
  return kinds.map((kind) => {
    const weight = 1 + random.below(4);
    // A disk is lost only while the whole cluster is well, which most drawings do not meet.
    return { kind, weight: kind === "lostDisk" ? 2 * weight + 2 : weight };
  });
}

function aimedFaultsOf(random: SeededRandom): { kind: FaultKind; weight: number }[] {
  return aimedFaultKinds
    .filter(() => random.chance(0.35))
    .map((kind) => ({ kind, weight: 1 + random.below(4) }));
}
