// shell: puts a cleaned segment in the place of those it was made of.
//
// Keeps true: whenever the process or the machine stops, the log holds either what it held before or what it
// holds after. The one moment that counts is the rename of the new file over that of the first old segment.
// What is renamed was synced before; the other old files go only once the rename lasts, and a start that
// finds them still takes them for what they are: all of them is in the segment before them. Index files are
// out of the way before the rename, since those of the one must not speak for the other.
import { DiskError } from "../../../base/disk-error.ts";
import { BrokenBatchError } from "../broken-batch.ts";
import type { PartitionLog } from "../partition-log.ts";
import type { Segment, WrittenSegment } from "../segment.ts";

/** Segments of one log that are to become one. */
export interface Group {
  readonly segments: readonly Segment[];
  /** Of each, when its content was read. */
  readonly sizes: readonly number[];
  /** Of the log at that time. */
  readonly cuts: number;
}

/** The log is as it was, as far as the group goes. */
export function isStill(log: PartitionLog, { segments, sizes, cuts }: Group): boolean {
  if (log.isClosed || log.cuts !== cuts) return false;
  const first = log.segments.indexOf(segments[0]!);
  if (first < 0 || first + segments.length >= log.segments.length) return false;
  return segments.every(
    (one, at) => log.segments[first + at] === one && one.size === sizes[at] && !one.isPinned,
  );
}

/** False: the log has changed meanwhile, and is left as it is. Throws BrokerError when the disk fails. */
export async function swapSegments(
  log: PartitionLog,
  group: Group,
  from: string,
  written: WrittenSegment,
): Promise<boolean> {
  const { folder } = log;
  try {
    return await swap(log, group, from, written);
  } catch (error) {
    if (error instanceof BrokenBatchError) throw folder.damaged(error);
    if (!(error instanceof DiskError)) throw error;
    // Of a log that was deleted meanwhile there are no files any more.
    if (log.isClosed) return false;
    throw folder.failed(error);
  }
}

async function swap(
  log: PartitionLog,
  group: Group,
  from: string,
  written: WrittenSegment,
): Promise<boolean> {
  const { folder } = log;
  const [first, ...others] = group.segments as [Segment, ...Segment[]];
  if (!isStill(log, group)) return false;
  folder.checkUsable();
  first.dropIndexFiles();
  await folder.syncNames();
  if (!isStill(log, group)) {
    if (!log.isClosed && log.segments.slice(0, -1).includes(first)) folder.seal(first);
    return false;
  }
  folder.checkUsable();
  first.letGo();
  folder.env.disk.rename(from, first.path);
  const by = folder.replacement(first.baseOffset, log.config.indexIntervalBytes, written);
  log.replaceSegments(group.segments, by);
  await folder.syncNames();
  if (log.isClosed) return false;
  folder.checkUsable();
  // The log may have been cut meanwhile, and have begun a segment of that name.
  for (const old of others) if (!log.segments.some(({ path }) => path === old.path)) old.remove();
  if (log.segments.slice(0, -1).includes(by)) folder.seal(by);
  log.requestSync();
  return true;
}
