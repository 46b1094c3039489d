// test: which faults trouble what a run is aimed at.
import type { Aim } from "./aim.ts";
import type { FaultKind } from "./fault-kinds.ts";

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
