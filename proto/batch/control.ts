// core: control batches: the marks that brokers write between the records of clients. Each holds one record
// and takes one offset; its key says which mark it is. Readers skip the kinds they do not know.
//
//   key: version i16 = 0, type i16     value of an end of transaction: version i16 = 0, coordinatorEpoch i32
//
// Source: KIP-98, KIP-595; Kafka's ControlRecordType and EndTransactionMarker.
import type { Codecs } from "../../base/ports/codecs.ts";
import { ProtocolError } from "../errors.ts";
import { decodeMessage, encodeMessage } from "../kafka/codec.ts";
import { leaderChangeMessage } from "../kafka/schemas/control-records.ts";
import { buildBatch } from "./build.ts";
import { readInt16, readInt32, writeInt16, writeInt32 } from "./header.ts";

export const controlType = {
  abort: 0,
  commit: 1,
  leaderChange: 2,
  snapshotHeader: 3,
  snapshotFooter: 4,
  kraftVersion: 5,
  kraftVoters: 6,
} as const;

export interface ControlBatch {
  readonly codecs: Codecs;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** 0 by default: the leader sets it. */
  readonly baseOffset?: number;
  /** -1 by default: the leader sets it. */
  readonly leaderEpoch?: number;
}

export interface EndTransactionMarker extends ControlBatch {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly isCommit: boolean;
  readonly coordinatorEpoch: number;
}

export interface LeaderChange extends ControlBatch {
  readonly leaderId: number;
  readonly voters: readonly number[];
  /** Those who voted for the leader. */
  readonly grantingVoters: readonly number[];
}

export type ControlRecord =
  | { readonly type: "commit" | "abort"; readonly coordinatorEpoch: number }
  | {
      readonly type: "leaderChange";
      readonly leaderId: number;
      readonly voters: number[];
      readonly grantingVoters: number[];
    }
  | { readonly type: "other"; readonly id: number };

function controlKey(type: number): Uint8Array {
  const key = new Uint8Array(4);
  writeInt16(key, 2, type);
  return key;
}

/** The commit or abort marker of a producer's transaction, as a whole batch. */
export function buildEndTransactionMarker(marker: EndTransactionMarker): Uint8Array {
  const { timestamp, isCommit, coordinatorEpoch, ...header } = marker;
  const value = new Uint8Array(6);
  writeInt32(value, 2, coordinatorEpoch);
  const key = controlKey(isCommit ? controlType.commit : controlType.abort);
  return buildBatch({
    ...header,
    isTransactional: true,
    isControl: true,
    records: [{ key, value, timestamp }],
  });
}

/** Says who leads from here on in a log that elects its leader by itself, as a whole batch. */
export function buildLeaderChange(change: LeaderChange): Uint8Array {
  const { timestamp, leaderId, voters, grantingVoters, ...header } = change;
  const value = encodeMessage(leaderChangeMessage, 0, {
    leaderId,
    voters: voters.map((voterId) => ({ voterId })),
    grantingVoters: grantingVoters.map((voterId) => ({ voterId })),
  });
  const key = controlKey(controlType.leaderChange);
  return buildBatch({ ...header, isControl: true, records: [{ key, value, timestamp }] });
}

function readLeaderChange(value: Uint8Array): ControlRecord {
  const version = value.length >= 2 ? readInt16(value, 0) : 0;
  const { leaderId, voters, grantingVoters } = decodeMessage(leaderChangeMessage, version > 0 ? 1 : 0, value);
  return {
    type: "leaderChange",
    leaderId,
    voters: voters.map(({ voterId }) => voterId),
    grantingVoters: grantingVoters.map(({ voterId }) => voterId),
  };
}

/** What the one record of a control batch says. Throws ProtocolError when it is malformed. */
export function readControlRecord(record: {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}): ControlRecord {
  const { key, value } = record;
  if (key === null || key.length < 4) throw new ProtocolError("a control record needs a key of 4 bytes");
  const id = readInt16(key, 2);
  if (id === controlType.commit || id === controlType.abort) {
    if (value === null || value.length < 6) {
      throw new ProtocolError("the end of a transaction needs a value of 6 bytes");
    }
    const type = id === controlType.commit ? "commit" : "abort";
    return { type, coordinatorEpoch: readInt32(value, 2) };
  }
  if (id === controlType.leaderChange && value !== null) return readLeaderChange(value);
  return { type: "other", id };
}
