// port: what a load process is told and what it tells back; both travel between processes as JSON.
import type { WaitSummary } from "../measure/histogram.ts";

interface LoadTarget {
  bootstrap: string;
  topic: string;
  warmupMs: number;
  measureMs: number;
  /** Processes whose CPU time counts as the system's own while the clock runs. */
  serverPids: readonly number[];
}

export interface ProduceLoad extends LoadTarget {
  kind: "produce";
  acks: -1 | 1;
  recordsPerBatch: number;
  valueBytes: number;
  connections: number;
  /** Requests that a connection has under way at once, in a closed loop. */
  depth: number;
  /**
   * Null for a closed loop; else requests at this rate whatever the answers take, waits from the
   * intended send.
   */
  requestsPerSecond: number | null;
  /** Ends after so many requests, with no clock: to fill a topic. */
  requestsMax: number | null;
  /** Writes each partition once, again after a moment where it is refused, and ends; with no clock either. */
  isEachOnce: boolean;
}

export interface FetchLoad extends LoadTarget {
  kind: "fetch";
  bytesMax: number;
  /** Every batch of the topic is alike, and this is its size and the records in it. */
  batchBytes: number;
  recordsPerBatch: number;
}

export interface EndToEndLoad extends LoadTarget {
  kind: "end-to-end";
  acks: -1 | 1;
  valueBytes: number;
  recordsPerSecond: number;
}

export interface CommitLoad extends LoadTarget {
  kind: "commits";
  groups: number;
  /** Their names are this, a dash, and a number from 0. */
  groupPrefix: string;
  partitionsPerCommit: number;
  connections: number;
  /** Commits that a connection has under way at once, in a closed loop. */
  depth: number;
  /** Null for a closed loop; else commits at this rate whatever the answers take. */
  perSecond: number | null;
  /** Commits once of each group, again after a moment where it is refused, and ends; with no clock. */
  isEachOnce: boolean;
}

/** Groups of one member each that only stay; the waits are those of heartbeats. */
export interface HeartbeatLoad extends LoadTarget {
  kind: "heartbeats";
  protocol: "classic" | "consumer";
  groups: number;
  groupPrefix: string;
}

/** Reads the topic once from its start, without warm-up; requests and bytes are records and their values. */
export interface GroupReadLoad extends LoadTarget {
  kind: "group-read";
  client: "ottla" | "kafkajs";
  handler: "batch" | "record";
  groupId: string;
  /** What the topic holds. */
  records: number;
}

export type LoadSpec = ProduceLoad | FetchLoad | EndToEndLoad | CommitLoad | HeartbeatLoad | GroupReadLoad;

export interface LoadResult {
  /** Of the measured time only. */
  seconds: number;
  requests: number;
  bytes: number;
  waits: WaitSummary;
  /** Error names and how often they came; a row with any is no row. */
  errors: Record<string, number>;
  loadCpuSeconds: number;
  /** Of all server processes together; null where they are not known. */
  serverCpuSeconds: number | null;
  /** Resident memory of each server process at the end of the measured time. */
  serverMiB: number[];
}
