// adapter: how a cluster is before a round of trouble: every broker there, the controllers level, the
// partition led by whom the round needs, with all its replicas in sync.
import type { Admin } from "../../client/index.ts";
import { inSync, topicSettings } from "../topics.ts";
import { until } from "../until.ts";

const steadyMs = 120_000;
/** Kafka's active controller writes an entry of its own now and then. */
const levelWithin = 10;

/** Until all brokers are there and the controllers follow the active one; its id. */
export async function steadyController(admin: Admin, brokers: number): Promise<number> {
  let controller = -1;
  await until("all brokers and controllers are there", steadyMs, async () => {
    const { brokers: alive } = await admin.describeCluster();
    const { leaderId, voters } = await admin.describeQuorum();
    const end = Math.max(...voters.map(({ logEndOffset }) => logEndOffset));
    controller = leaderId;
    const isLevel = voters.every(({ logEndOffset }) => logEndOffset >= 0 && end - logEndOffset < levelWithin);
    return alive.length === brokers && voters.length === brokers && leaderId >= 0 && isLevel;
  });
  return controller;
}

/** One partition with its leader and replicas where they were asked for, all in sync. */
export async function placeTopic(
  admin: Admin,
  system: string,
  topic: string,
  replicas: readonly number[],
): Promise<void> {
  const shape = { partitions: 1, replicas: replicas.length, flush: "os" };
  const configs = topicSettings(system, shape);
  await admin.createTopics([{ name: topic, replicaAssignments: [replicas], configs }]);
  await inSync(admin, topic, shape);
  const [found] = await admin.describeTopics([topic]);
  const leader = found?.partitions[0]?.leader;
  if (leader === replicas[0]) return;
  throw new Error(`broker ${leader} leads ${topic}; it should be broker ${replicas[0]}`);
}
