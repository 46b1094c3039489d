// core: what of a consumer's partitions is to be fetched from which broker, and how much room each broker's
// answer has. Keeps true: what is buffered stays within the prefetch, but for partitions without which
// nothing can be handed out: of these one answer each may go over it.
import type { PartitionReader } from "./partition-reader.ts";

/** What is read from one broker, and how many bytes of it are buffered. */
export interface Share {
  readonly readers: PartitionReader[];
  bufferedBytes: number;
  /** Partitions that wait for the reader to make room. */
  isPartial: boolean;
}

export interface ShareOptions {
  /** Where to begin, so that everybody's turn comes to be the first. */
  readonly rotation: number;
  readonly partitionBytes: number;
  /** Whether it is to be asked for more now. */
  readonly isDue: (reader: PartitionReader) => boolean;
  /** The broker to ask. */
  readonly sourceOf: (reader: PartitionReader) => number;
}

/** By broker id. */
export function shareOut(readers: readonly PartitionReader[], options: ShareOptions): Map<number, Share> {
  const shares = new Map<number, Share>();
  for (let n = 0; n < readers.length; n++) {
    const reader = readers[(options.rotation + n) % readers.length]!;
    const isDue = options.isDue(reader);
    if (!isDue && reader.bufferedBytes === 0) continue;
    const source = options.sourceOf(reader);
    let share = shares.get(source);
    if (share === undefined) {
      share = { readers: [], bufferedBytes: 0, isPartial: false };
      shares.set(source, share);
    }
    share.bufferedBytes += reader.bufferedBytes;
    if (!isDue) continue;
    if (reader.bufferedBytes < options.partitionBytes) share.readers.push(reader);
    else share.isPartial = true;
  }
  return shares;
}

/** What may be asked of one broker now; null: nothing, for want of room. */
export function withinRoom(
  share: Share,
  bytes: { readonly room: number; readonly partition: number },
): { readers: readonly PartitionReader[]; maxBytes: number } | null {
  const room = bytes.room - share.bufferedBytes;
  if (room > 0) return { readers: share.readers, maxBytes: room };
  const awaited = share.readers.filter((reader) => reader.isAwaited && reader.bufferedBytes === 0);
  return awaited.length === 0 ? null : { readers: awaited, maxBytes: bytes.partition };
}
