// core: the Voters record (KIP-853) as bytes, as a control batch, and found again in a log.
import type { Codecs } from "../../../base/ports/codecs.ts";
import { buildBatch } from "../../../proto/batch/build.ts";
import { controlType } from "../../../proto/batch/control.ts";
import { batch, readInt16, writeInt16 } from "../../../proto/batch/header.ts";
import { readRecords } from "../../../proto/batch/read.ts";
import { ProtocolError } from "../../../proto/errors.ts";
import { decodeMessage, encodeMessage } from "../../../proto/kafka/codec.ts";
import { votersRecord } from "../../../proto/kafka/schemas/control-records.ts";
import type { Voter } from "./words.ts";

const endpointName = "PEER";

/** All of them bound. */
export function encodeVoters(voters: readonly Voter[]): Uint8Array {
  return encodeMessage(votersRecord, 0, {
    version: 0,
    voters: voters.map(({ id, directoryId, host, port }) => ({
      voterId: id,
      voterDirectoryId: directoryId!,
      endpoints: [{ name: endpointName, host, port }],
      kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
    })),
  });
}

/** Throws ProtocolError when it is malformed. */
export function decodeVoters(bytes: Uint8Array): Voter[] {
  return decodeMessage(votersRecord, 0, bytes).voters.map((voter) => {
    const endpoint = voter.endpoints.find(({ name }) => name === endpointName) ?? voter.endpoints[0];
    if (endpoint === undefined) throw new ProtocolError(`voter ${voter.voterId} has no endpoint`);
    const { host, port } = endpoint;
    return { id: voter.voterId, directoryId: voter.voterDirectoryId, host, port };
  });
}

/** A whole batch; offset and epoch are the leader's to set. */
export function buildVotersBatch(options: {
  voters: readonly Voter[];
  codecs: Codecs;
  timestamp: number;
}): Uint8Array {
  const { voters, codecs, timestamp } = options;
  const key = new Uint8Array(4);
  writeInt16(key, 2, controlType.kraftVoters);
  return buildBatch({ codecs, isControl: true, records: [{ key, value: encodeVoters(voters), timestamp }] });
}

/** What the whole batch at `at` says about voters; null when it says nothing. */
export function votersInBatch(bytes: Uint8Array, at: number, codecs: Codecs): Voter[] | null {
  if (!batch.isControl(bytes, at)) return null;
  for (const { key, value } of readRecords(bytes, at, codecs)) {
    if (key === null || value === null || key.length < 4) continue;
    if (readInt16(key, 2) === controlType.kraftVoters) return decodeVoters(value);
  }
  return null;
}
