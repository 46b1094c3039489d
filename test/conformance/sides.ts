// test: the two clusters that the suites of the client and of the admin run on: Ottla's, always, and Apache
// Kafka's, where KAFKA_BOOTSTRAP_APACHE=host:port,... names one. What differs on purpose stands in
// docs/DIFFERENCES.md.
import { Cluster } from "../../testing/index.ts";

const apache = process.env.KAFKA_BOOTSTRAP_APACHE ?? "";

export interface Side {
  readonly name: "Ottla" | "Apache Kafka";
  start(): Promise<{ bootstrap: string; stop(): Promise<void> }>;
}

const ottla: Side = {
  name: "Ottla",
  async start() {
    const cluster = await Cluster.start({ brokers: 1 });
    return { bootstrap: cluster.bootstrap, stop: () => cluster[Symbol.asyncDispose]() };
  },
};

const kafka: Side = {
  name: "Apache Kafka",
  start: async () => ({ bootstrap: apache, stop: async () => {} }),
};

export const sides: readonly Side[] = apache === "" ? [ottla] : [ottla, kafka];
