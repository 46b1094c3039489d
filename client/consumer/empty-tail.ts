// core: the end of what is to be read may be where no record is any more: compaction and transactions leave
// gaps, and brokers answer a fetch before such a gap with nothing at all. Keeps true: a reader passes over a
// gap up to its end only after several answers that could have brought a record and brought none.
import type { PartitionReader } from "./partition-reader.ts";

/** More than one, since a broker that fetches from tiers may answer with nothing when it was too slow. */
const answersToBelieve = 3;

/**
 * Takes note of an answer without an error. `isBare`: it brought no record of any partition, and not because
 * the broker throttles. True: the reader stands at its end now.
 */
export function passEmptyTail(reader: PartitionReader, isBare: boolean): boolean {
  const end = Math.min(reader.end ?? Number.POSITIVE_INFINITY, reader.goal ?? Number.POSITIVE_INFINITY);
  const isBefore = reader.fetchOffset < end && reader.bufferedBytes === 0;
  if (!isBare || !isBefore || reader.readableEnd < end) {
    reader.emptyAnswers = 0;
    return false;
  }
  reader.emptyAnswers++;
  if (reader.emptyAnswers < answersToBelieve) return false;
  reader.emptyAnswers = 0;
  reader.position = end;
  reader.fetchOffset = end;
  return true;
}
