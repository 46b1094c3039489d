// core: the bytes of a segment's index files, `.index` and `.timeindex`: Kafka's entries, then a footer of
// ours that says which bytes of the segment they speak for.
//
//   0 "OTIX" u32 | 4 version i16 | 6 kind i16 (1 offsets, 2 times) | 8 base offset i64 | 16 end offset i64
//   24 segment bytes i64 | 32 first timestamp i64 | 40 largest timestamp i64 | 48 CRC-32C of the entries u32
//   52 entry bytes u32 | 56 CRC-32C of the footer up to here u32
//
// Keeps true: a footer or entries that are not whole, or of another version, answer null; the index is then
// made again from the segment. Two checksums, so that a start reads footers only.
import {
  readInt16,
  readInt32,
  readInt64,
  writeInt16,
  writeInt32,
  writeInt64,
} from "../../proto/batch/header.ts";
import { offsetEntryBytes, timeEntryBytes } from "./segment-index.ts";

export const footerBytes = 60;
const magic = 0x4f544958;
const version = 1;

export type IndexKind = "index" | "timeindex";
type Crc = (bytes: Uint8Array) => number;

export interface IndexFooter {
  readonly baseOffset: number;
  readonly end: number;
  readonly segmentBytes: number;
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
  readonly entriesCrc: number;
  readonly entryBytes: number;
}

export function indexFileBytes(
  kind: IndexKind,
  entries: Uint8Array,
  about: Omit<IndexFooter, "entriesCrc" | "entryBytes">,
  crc32c: Crc,
): Uint8Array {
  const bytes = new Uint8Array(entries.length + footerBytes);
  bytes.set(entries);
  const footer = bytes.subarray(entries.length);
  writeInt32(footer, 0, magic);
  writeInt16(footer, 4, version);
  writeInt16(footer, 6, numberOf(kind));
  writeInt64(footer, 8, about.baseOffset);
  writeInt64(footer, 16, about.end);
  writeInt64(footer, 24, about.segmentBytes);
  writeInt64(footer, 32, about.firstTimestamp);
  writeInt64(footer, 40, about.maxTimestamp);
  writeInt32(footer, 48, crc32c(entries) | 0);
  writeInt32(footer, 52, entries.length);
  writeInt32(footer, 56, crc32c(footer.subarray(0, 56)) | 0);
  return bytes;
}

/** `bytes` are the last of the file, `fileBytes` the whole of it. */
export function readFooter(
  kind: IndexKind,
  bytes: Uint8Array,
  fileBytes: number,
  crc32c: Crc,
): IndexFooter | null {
  if (bytes.length !== footerBytes || readInt32(bytes, 0) !== magic || readInt16(bytes, 4) !== version)
    return null;
  if (readInt16(bytes, 6) !== numberOf(kind)) return null;
  if (readInt32(bytes, 56) >>> 0 !== crc32c(bytes.subarray(0, 56))) return null;
  const entryBytes = readInt32(bytes, 52) >>> 0;
  const entrySize = kind === "index" ? offsetEntryBytes : timeEntryBytes;
  if (entryBytes + footerBytes !== fileBytes || entryBytes % entrySize !== 0) return null;
  return {
    baseOffset: readInt64(bytes, 8),
    end: readInt64(bytes, 16),
    segmentBytes: readInt64(bytes, 24),
    firstTimestamp: readInt64(bytes, 32),
    maxTimestamp: readInt64(bytes, 40),
    entriesCrc: readInt32(bytes, 48) >>> 0,
    entryBytes,
  };
}

function numberOf(kind: IndexKind): number {
  return kind === "index" ? 1 : 2;
}
