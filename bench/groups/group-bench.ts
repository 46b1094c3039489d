// port: how large the groups of a measurement are.
import type { GroupProtocol } from "./member-orders.ts";

export interface GroupBench {
  protocols: readonly GroupProtocol[];
  members: number;
  partitions: number;
  /** Replicas of the topics that are read. */
  replicas: number;
  /** Of both protocols. */
  sessionTimeoutMs: number;
  flush: string;
}
