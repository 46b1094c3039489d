// adapter: asks all brokers at once, over connections of its own, who leads a partition now: whoever answers
// first counts, so that a broker that is gone or stands still delays nobody.
import { setTimeout as sleep } from "node:timers/promises";
import { apis } from "../../proto/kafka/apis.ts";
import { Wire } from "./wire.ts";

/** With leader epochs, and in every system. */
const metadataVersion = 7;
const roundMs = 50;

export interface PartitionNow {
  leaderId: number;
  leaderAddress: string;
  leaderEpoch: number;
  inSync: readonly number[];
}

export class PartitionWatch {
  readonly #topic: string;
  readonly #addresses: readonly string[];
  readonly #wires = new Map<string, Wire>();

  constructor(bootstrap: string, topic: string) {
    this.#addresses = bootstrap.split(",");
    this.#topic = topic;
  }

  /** The first answer that will do; null when none does within a moment. */
  async look(willDo: (now: PartitionNow) => boolean): Promise<PartitionNow | null> {
    const asked = this.#addresses.map(async (address) => {
      const now = await this.#ask(address);
      if (!willDo(now)) throw new Error("it will not do");
      return now;
    });
    const first = Promise.any(asked).catch(() => null);
    return await Promise.race([first, sleep(roundMs, null)]);
  }

  close(): void {
    for (const wire of this.#wires.values()) wire.close();
  }

  async #ask(address: string): Promise<PartitionNow> {
    let wire = this.#wires.get(address);
    if (wire === undefined || wire.isOver) {
      wire = await Wire.open(address, roundMs);
      this.#wires.set(address, wire);
    }
    const { brokers, topics } = await wire.ask(apis.Metadata, metadataVersion, {
      topics: [{ name: this.#topic }],
      allowAutoTopicCreation: false,
    });
    const [partition] = topics[0]?.partitions ?? [];
    const leader = brokers.find(({ nodeId }) => nodeId === partition?.leaderId);
    if (partition === undefined || leader === undefined) throw new Error("nobody leads");
    return {
      leaderId: leader.nodeId,
      leaderAddress: `${leader.host}:${leader.port}`,
      leaderEpoch: partition.leaderEpoch,
      inSync: partition.isrNodes,
    };
  }
}
