// test: which broker coordinates a group.
import { Kafka, logLevel } from "kafkajs";

interface InnerCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  findGroupCoordinator(options: { groupId: string }): Promise<{ nodeId: number }>;
}

/** Its id, by the word of the cluster now. */
export async function coordinatorOf(bootstrap: string, groupId: string): Promise<number> {
  const kafka = new Kafka({ brokers: bootstrap.split(","), logLevel: logLevel.NOTHING });
  const inner = kafka as unknown as Record<symbol, (options: object) => InnerCluster>;
  const makeCluster = Object.getOwnPropertySymbols(kafka).find((one) => /createCluster/i.test(String(one)))!;
  const cluster = inner[makeCluster]!({});
  await cluster.connect();
  try {
    const { nodeId } = await cluster.findGroupCoordinator({ groupId });
    return nodeId;
  } finally {
    await cluster.disconnect();
  }
}
