// core: what a simulation really did to its nodes. A run that injected nothing proves nothing, so tests look
// at these numbers too.

export interface WorldStats {
  processCrashes: number;
  powerCuts: number;
  /** Power cuts after which written bytes or names were gone. */
  powerCutsThatDropped: number;
  droppedBytes: number;
  droppedNames: number;
  tornWrites: number;
  syncs: number;
  failedSyncs: number;
  failedWrites: number;
  failedReads: number;
  fullDiskRefusals: number;
  rottenBits: number;
  lostDisks: number;
  kvWritesLost: number;
  connections: number;
  refusedConnects: number;
  timedOutConnects: number;
  resets: number;
  /** Bytes (or messages' bytes) that were sent and never arrived. */
  droppedInFlightBytes: number;
  stalledDeliveries: number;
  pauses: number;
  clockJumps: number;
  halts: number;
}

export function noStats(): WorldStats {
  return {
    processCrashes: 0,
    powerCuts: 0,
    powerCutsThatDropped: 0,
    droppedBytes: 0,
    droppedNames: 0,
    tornWrites: 0,
    syncs: 0,
    failedSyncs: 0,
    failedWrites: 0,
    failedReads: 0,
    fullDiskRefusals: 0,
    rottenBits: 0,
    lostDisks: 0,
    kvWritesLost: 0,
    connections: 0,
    refusedConnects: 0,
    timedOutConnects: 0,
    resets: 0,
    droppedInFlightBytes: 0,
    stalledDeliveries: 0,
    pauses: 0,
    clockJumps: 0,
    halts: 0,
  };
}
