// adapter: the longest gap of a writer of one record after the other while a broker is struck.
import { OneWriter } from "../load/one-writer.ts";
import { PartitionWatch } from "../load/partition-watch.ts";
import { until } from "../until.ts";

const writesBefore = 100;
const writesAfter = 50;
const overMs = 60_000;

/** From right before the strike until the partition is without the victim and is written to again. */
export async function gapWhile(
  bootstrap: string,
  topic: string,
  victim: number,
  strike: () => Promise<void>,
): Promise<number> {
  const writer = new OneWriter(bootstrap, topic);
  const watch = new PartitionWatch(bootstrap, topic);
  const { gaps } = writer;
  const writes = (count: number): Promise<void> => {
    const wanted = gaps.acknowledged + count;
    return until(`${count} writes`, overMs, async () => gaps.acknowledged >= wanted);
  };
  try {
    await writes(writesBefore);
    gaps.begin();
    const struck = strike();
    await until(`broker ${victim} is out of the in-sync set`, overMs, async () => {
      const isWithout = ({ leaderId, inSync }: { leaderId: number; inSync: readonly number[] }): boolean =>
        leaderId !== victim && !inSync.includes(victim);
      return (await watch.look(isWithout)) !== null;
    });
    await writes(writesAfter);
    await struck;
    return gaps.longestMs;
  } finally {
    await writer.stop();
    watch.close();
  }
}
