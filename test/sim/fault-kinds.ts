// test: what can go wrong in a run.

export const faultKinds = [
  "processCrash",
  "powerCut",
  "powerCutOfAll",
  "gracefulStop",
  "pause",
  "oneWayCut",
  "isolation",
  "reset",
  "slowLink",
  "slowDisk",
  "syncError",
  "fullDisk",
  "lostDisk",
  "swappedDisks",
  "clockJump",
] as const;

/** Where a broker has two log directories: the second one fails, or its disk is replaced. */
export const directoryFaultKinds = ["brokenDirectory", "lostDirectory"] as const;

/** What needs more than chance to meet. */
export const aimedFaultKinds = ["joinerRestart"] as const;

export const allFaultKinds = [...faultKinds, ...directoryFaultKinds, ...aimedFaultKinds] as const;

export type FaultKind = (typeof allFaultKinds)[number];
