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

export type LoadSpec = ProduceLoad | FetchLoad | EndToEndLoad;

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
