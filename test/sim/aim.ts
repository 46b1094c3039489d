// test: what a run is aimed at, if the name of its seed says so: "groups-1f3-7" is a run with groups, and with
// the faults that trouble those. Most seeds are not aimed, and leave to chance what they have; an aimed one
// meets in a minute what those meet in an hour, and is quicker, since it does nothing else.
import { offsetsTopic } from "../../cluster/coordinator/group-coordinator.ts";
import { compactedTopic } from "./compacting.ts";
import type { FaultKind } from "./plan.ts";

export const aims = ["groups", "compaction", "disks", "elections", "voters"] as const;

export type Aim = (typeof aims)[number];

export function aimOf(seed: string): Aim | null {
  const [word] = seed.split("-");
  return aims.find((aim) => aim === word) ?? null;
}

/** Whether a run has what belongs to `aim` (null: to none): that, and nothing else, if it is aimed at all. */
export function takesPart(seed: string, aim: Aim | null, byChance: boolean): boolean {
  const own = aimOf(seed);
  return own === null ? byChance : own === aim;
}

/** Kinds of faults that a run with this aim draws from, with their weights. */
export const aimedFaults: Readonly<Record<Aim, Partial<Record<FaultKind, number>>>> = {
  groups: {
    ...{ processCrash: 3, isolation: 4, oneWayCut: 4, pause: 2, gracefulStop: 2, reset: 2 },
    ...{ powerCut: 2, slowDisk: 1, slowLink: 1 },
  },
  compaction: {
    ...{ processCrash: 2, powerCut: 5, powerCutOfAll: 2, isolation: 4, oneWayCut: 4, gracefulStop: 1 },
    ...{ pause: 1, slowDisk: 1 },
  },
  disks: { syncError: 4, processCrash: 4, powerCut: 4, powerCutOfAll: 1, slowDisk: 2, fullDisk: 1, pause: 1 },
  elections: { isolation: 4, oneWayCut: 4, pause: 3, processCrash: 3, reset: 2, powerCut: 2, slowLink: 1 },
  voters: { isolation: 4, oneWayCut: 4, pause: 2, processCrash: 3, powerCut: 2, slowLink: 3, lostDisk: 1 },
};

/** Whose leaders are troubled more often than other nodes; null: the metadata log's. */
export const aimedTopics: Readonly<Record<Aim, string | null>> = {
  ...{ groups: offsetsTopic, compaction: compactedTopic, disks: null, elections: null, voters: null },
};
