// test: waits until a group has committed what it read.
import { Kafka, logLevel } from "kafkajs";
import type { GroupPlace } from "./group-member.ts";

const timeoutMs = 30_000;

/** Until the group has committed as many offsets of the topic as it has records. */
export async function committedSum({ bootstrap, group, topic }: GroupPlace, records: number): Promise<void> {
  const admin = new Kafka({ brokers: bootstrap.split(","), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const deadline = performance.now() + timeoutMs;
    for (let sum = -1; sum !== records; ) {
      if (performance.now() > deadline)
        throw new Error(`group "${group}" has committed ${sum} of ${records} records of "${topic}"`);
      const [fetched] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      sum = 0;
      for (const { offset } of fetched!.partitions) sum += Math.max(0, Number(offset));
      if (sum !== records) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await admin.disconnect();
  }
}
