// port: what can be wrong with a simulated disk, as plain values that a test changes while it runs.

/** What is wrong with a disk; change the values at any time. */
export interface DiskFaults {
  /** How long a sync takes, in milliseconds: from, to. */
  syncMs: readonly [number, number];
  /** A slow disk: syncs take this many times as long. */
  slowFactor: number;
  /** Probability that one call fails with EIO. */
  writeErrorRate: number;
  readErrorRate: number;
  syncErrorRate: number;
  /** Bytes that fit; beyond them writes fail with ENOSPC. */
  capacityBytes: number;
  /** Paths below which every call fails with EIO (a dead log directory). */
  readonly brokenPaths: Set<string>;
}
