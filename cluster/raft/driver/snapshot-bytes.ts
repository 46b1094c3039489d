// core: a snapshot as it is stored and sent: what it covers, who votes by it, the state machine's bytes, and
// a checksum over all of that.
//
//   0 "OTSN" | 4 version u16 = 1 | 6 CRC-32C u32 of the rest | 10 end i64 | 18 epoch i32
//   22 bytes of voters i32 (-1: the log named none) | 26 voters (a VotersRecord) | state
import type { Codecs } from "../../../base/ports/codecs.ts";
import {
  readInt16,
  readInt32,
  readInt64,
  writeInt16,
  writeInt32,
  writeInt64,
} from "../../../proto/batch/header.ts";
import { ProtocolError } from "../../../proto/errors.ts";
import { decodeVoters, encodeVoters } from "../core/voters-record.ts";
import type { Voter } from "../core/words.ts";

const magic = 0x4f54534e;
const version = 1;
const headerBytes = 26;
const checkedFrom = 10;

export interface Snapshot {
  readonly end: number;
  readonly epoch: number;
  readonly voters: readonly Voter[] | null;
  readonly state: Uint8Array;
}

export function encodeSnapshot(snapshot: Snapshot, codecs: Codecs): Uint8Array {
  const { end, epoch, voters, state } = snapshot;
  const voterBytes = voters === null ? new Uint8Array(0) : encodeVoters(voters);
  const bytes = Buffer.allocUnsafe(headerBytes + voterBytes.length + state.length);
  writeInt32(bytes, 0, magic);
  writeInt16(bytes, 4, version);
  writeInt64(bytes, 10, end);
  writeInt32(bytes, 18, epoch);
  writeInt32(bytes, 22, voters === null ? -1 : voterBytes.length);
  bytes.set(voterBytes, headerBytes);
  bytes.set(state, headerBytes + voterBytes.length);
  writeInt32(bytes, 6, codecs.crc32c(bytes.subarray(checkedFrom)) | 0);
  return bytes;
}

/** Throws ProtocolError when the bytes are damaged or of a newer format. The state is a view. */
export function decodeSnapshot(bytes: Uint8Array, codecs: Codecs): Snapshot {
  if (bytes.length < headerBytes || readInt32(bytes, 0) !== magic) {
    throw new ProtocolError("these bytes are no snapshot");
  }
  const found = readInt16(bytes, 4);
  if (found !== version) {
    throw new ProtocolError(`the snapshot's format has version ${found}; this release reads ${version}`);
  }
  if (readInt32(bytes, 6) >>> 0 !== codecs.crc32c(bytes.subarray(checkedFrom))) {
    throw new ProtocolError("the snapshot's checksum does not fit: it is damaged");
  }
  const voterBytes = readInt32(bytes, 22);
  const stateAt = headerBytes + Math.max(0, voterBytes);
  if (voterBytes < -1 || stateAt > bytes.length) throw new ProtocolError("the snapshot's lengths do not fit");
  return {
    end: readInt64(bytes, 10),
    epoch: readInt32(bytes, 18),
    voters: voterBytes < 0 ? null : decodeVoters(bytes.subarray(headerBytes, stateAt)),
    state: bytes.subarray(stateAt),
  };
}
