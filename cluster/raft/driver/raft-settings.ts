// core: how fast a consensus group notices and reacts, and how a node of it is told who it is.
import type { Env } from "../../../base/ports/env.ts";
import type { Uuid } from "../../../base/uuid.ts";
import type { Peers } from "../../../proto/peer/peer-api.ts";
import type { ReplicaLog } from "../../log/replica-log.ts";
import type { JournalEvents } from "../../machine/journal.ts";
import type { RaftTicks } from "../core/words.ts";

/** A voter by configuration. A directory id binds from the start; without it see core/voters.ts. */
export interface ConfiguredVoter {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly directoryId?: Uuid;
}

export interface RaftTiming {
  /** Least time without a leader before an election; the real one is up to twice as long. */
  readonly electionTimeoutMs: number;
  readonly tickMs: number;
  readonly heartbeatTicks: number;
}

/** 20 ticks an election timeout, a heartbeat every 3. */
export function raftTiming(electionTimeoutMs = 1_000): RaftTiming {
  return { electionTimeoutMs, tickMs: Math.max(5, Math.floor(electionTimeoutMs / 20)), heartbeatTicks: 3 };
}

export function ticksOf({ electionTimeoutMs, tickMs, heartbeatTicks }: RaftTiming): RaftTicks {
  const election = Math.max(2, Math.round(electionTimeoutMs / tickMs));
  return { election, heartbeat: heartbeatTicks, seek: Math.min(election, heartbeatTicks + 1) };
}

export interface RaftNodeOptions {
  readonly env: Env;
  readonly clusterId: string;
  readonly nodeId: number;
  /** Identity of the folder; another folder is another voter. */
  readonly directoryId: Uuid;
  /** It can lead, and so be made a voter; true by default. */
  readonly mayVote?: boolean;
  /** All voters, this node included if it is one. */
  readonly voters: readonly ConfiguredVoter[];
  /** Open; closed by whoever opened it, after `stop`. */
  readonly log: ReplicaLog;
  /** There already. Holds the vote file and the snapshots. */
  readonly folder: string;
  /** Connections of their own, apart from those for data. */
  readonly peers: Peers;
  readonly events: JournalEvents;
  readonly timing?: RaftTiming;
  /** Offsets kept in the log before a snapshot's end, for followers that lag a little; 10,000 by default. */
  readonly trailingOffsets?: number;
}
