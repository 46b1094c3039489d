// shell: reads the index files of a segment, as far as they can be used: the footers at a start, all of them
// at the first search.
import type { Codecs } from "../../base/ports/codecs.ts";
import type { Disk } from "../../base/ports/disk.ts";
import { footerBytes, type IndexFooter, type IndexKind, readFooter } from "./index-file.ts";
import { SegmentIndex, unsoundEntries } from "./segment-index.ts";

interface Access {
  disk: Disk;
  codecs: Codecs;
  indexIntervalBytes: number;
}

/** `stem` is the segment's path without its ending. Null when the two are not whole or do not agree. */
export function readIndexFooter(access: Access, stem: string): IndexFooter | null {
  const offsets = readEnd(access, stem, "index", false);
  const times = readEnd(access, stem, "timeindex", false);
  return offsets !== null && times !== null && speakAlike(offsets.footer, times.footer)
    ? offsets.footer
    : null;
}

/** The index, or what is wrong with its files. */
export function readSegmentIndex(
  access: Access,
  stem: string,
  segment: { baseOffset: number; end: number; size: number },
): SegmentIndex | string {
  const offsets = readEnd(access, stem, "index", true);
  if (offsets === null) return "the offset index is missing or damaged";
  const times = readEnd(access, stem, "timeindex", true);
  if (times === null) return "the time index is missing or damaged";
  const { baseOffset, end, segmentBytes } = offsets.footer;
  if (!speakAlike(offsets.footer, times.footer)) return "the two are not of one moment";
  if (baseOffset !== segment.baseOffset || end !== segment.end || segmentBytes !== segment.size)
    return `it speaks for offsets [${baseOffset}, ${end}) in ${segmentBytes} bytes`;
  const room = { bytes: segment.size, offsets: Math.max(1, segment.end - segment.baseOffset) };
  const unsound = unsoundEntries(offsets.entries, times.entries, room);
  if (unsound !== null) return unsound;
  const intervalBytes = access.indexIntervalBytes;
  return SegmentIndex.of({ baseOffset, intervalBytes, offsets: offsets.entries, times: times.entries });
}

function readEnd(
  { disk, codecs }: Access,
  stem: string,
  kind: IndexKind,
  withEntries: boolean,
): { footer: IndexFooter; entries: Uint8Array } | null {
  const path = `${stem}.${kind}`;
  if (!disk.exists(path)) return null;
  const file = disk.open(path, { create: false });
  try {
    const size = file.size();
    if (size < footerBytes) return null;
    const end = new Uint8Array(footerBytes);
    if (file.readAt(end, size - footerBytes) < footerBytes) return null;
    const footer = readFooter(kind, end, size, (part) => codecs.crc32c(part));
    if (footer === null || !withEntries) return footer && { footer, entries: new Uint8Array(0) };
    const entries = new Uint8Array(footer.entryBytes);
    if (file.readAt(entries, 0) < entries.length || codecs.crc32c(entries) !== footer.entriesCrc) return null;
    return { footer, entries };
  } finally {
    file.close();
  }
}

function speakAlike(one: IndexFooter, other: IndexFooter): boolean {
  return (
    one.baseOffset === other.baseOffset && one.end === other.end && one.segmentBytes === other.segmentBytes
  );
}
