// core: what clients may read of a partition: records up to the high watermark, from the leader or from a
// follower, and offsets by name, by time and by leader epoch from the leader. Reads the log, changes nothing.
//
// Sources: kafka-protocol Fetch, ListOffsets, OffsetForLeaderEpoch; KIP-207 (OFFSET_NOT_AVAILABLE), KIP-595
// (diverging epoch in a fetch).
import { BrokerError } from "../../proto/errors.ts";
import type { EpochEnd, ReplicaLog } from "../log/replica-log.ts";
import type { LeaderState } from "./leader-state.ts";

export type Isolation = "readUncommitted" | "readCommitted";

export interface ReadOptions {
  offset: number;
  maxBytes: number;
  /** The first batch comes whole even if it is larger than `maxBytes`. */
  minOneBatch: boolean;
  isolation: Isolation;
  /** Refuses unless this is the leader epoch; -1 or absent: not checked. */
  currentLeaderEpoch?: number;
  /** Leader epoch of the reader's last record; -1 or absent: unknown. */
  lastFetchedEpoch?: number;
  /** The reader knows that a follower may answer (Fetch from version 11 on, KIP-392); false by default. */
  mayReadFollower?: boolean;
}

export interface ReadAnswer {
  /** Whole batches, owned by the caller; the first may begin before `offset`. */
  records: Uint8Array;
  highWatermark: number;
  lastStableOffset: number;
  logStartOffset: number;
  /** Not null: the reader's log parts from ours there; no records are given. */
  diverging: EpochEnd | null;
}

export interface OffsetAnswer {
  /** -1: no such record. */
  offset: number;
  timestamp: number;
  leaderEpoch: number;
}

const nothing = new Uint8Array(0);

interface Led {
  readonly log: ReplicaLog;
  readonly state: LeaderState;
}

/** A replica of a partition that is led: the leader, or a follower up to what it knows to be committed. */
interface Readable {
  readonly log: ReplicaLog;
  readonly highWatermark: number;
}

export function readRecords({ log, highWatermark }: Readable, options: ReadOptions): ReadAnswer {
  const { offset, maxBytes, minOneBatch, lastFetchedEpoch = -1 } = options;
  const answer = { highWatermark, lastStableOffset: highWatermark, logStartOffset: log.startOffset };
  if (lastFetchedEpoch >= 0) {
    const found = log.endOfEpoch(lastFetchedEpoch);
    if (found.epoch < 0) throw outOfRange(log, offset);
    if (found.epoch !== lastFetchedEpoch || found.end < offset)
      return { ...answer, records: nothing, diverging: found };
  }
  if (offset < log.startOffset || offset > log.end) throw outOfRange(log, offset);
  const isEmpty = offset >= highWatermark;
  const records = isEmpty ? nothing : log.read({ from: offset, upTo: highWatermark, maxBytes, minOneBatch });
  return { ...answer, records, diverging: null };
}

function outOfRange(log: ReplicaLog, offset: number): BrokerError {
  const text = `read from offset ${offset}: this log holds offsets from ${log.startOffset} up to ${log.end}`;
  return new BrokerError("OFFSET_OUT_OF_RANGE", text);
}

export function latestOffset(led: Led): OffsetAnswer {
  if (!led.state.knowsLatest) throw notAvailable(led);
  const { highWatermark, leaderEpoch } = led.state;
  return { offset: highWatermark, timestamp: -1, leaderEpoch };
}

export function earliestOffset({ log, state }: Led): OffsetAnswer {
  const { startOffset } = log;
  const epoch = startOffset < log.end ? log.epochAt(startOffset) : state.leaderEpoch;
  return { offset: startOffset, timestamp: -1, leaderEpoch: epoch };
}

/** The first record with a timestamp >= `timestamp`; offset -1 when there is none. */
export function offsetForTimestamp(led: Led, timestamp: number): OffsetAnswer {
  const hit = led.log.findTimestamp(timestamp, { upTo: led.state.highWatermark });
  if (hit !== null) return hit;
  // What is asked for may be among records whose commitment this leader does not know of yet.
  if (!led.state.knowsLatest) throw notAvailable(led);
  return { offset: -1, timestamp: -1, leaderEpoch: -1 };
}

export function maxTimestamp(led: Led): OffsetAnswer {
  if (!led.state.knowsLatest) throw notAvailable(led);
  const hit = led.log.findMaxTimestamp({ upTo: led.state.highWatermark });
  return hit ?? { offset: -1, timestamp: -1, leaderEpoch: -1 };
}

function notAvailable({ state }: Led): BrokerError {
  const text =
    `the new leader of epoch ${state.leaderEpoch} knows the high watermark only up to ` +
    `${state.highWatermark}, ` +
    `which has to reach the start of its epoch, ${state.epochStart}`;
  return new BrokerError("OFFSET_NOT_AVAILABLE", text);
}
