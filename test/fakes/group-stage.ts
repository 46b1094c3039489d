// test: consumers of one group on a fake cluster: made with one call, read in the background, and looked at.

import { ConsumerClient } from "../../client/consumer/consumer.ts";
import type { ConsumerOptions } from "../../client/consumer/consumer-options.ts";
import type { ClientEvent } from "../../client/events.ts";
import type { RawTopic } from "../../client/topics/topic.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { FakeCluster, type FakeOptions } from "./fake-cluster.ts";
import { FakeGroups } from "./fake-groups.ts";

export type Protocol = "classic" | "consumer";

/** A consumer that reads by itself until it is closed, and what it saw. */
export interface Reading {
  readonly consumer: ConsumerClient;
  /** "topic partition offset", as handed out. */
  readonly seen: string[];
  readonly log: string[];
  readonly events: ClientEvent[];
  /** Settles when the loop ends; the error is what it threw. */
  readonly ended: Promise<Error | null>;
}

export interface ReadingOptions extends Partial<ConsumerOptions<RawTopic>> {
  /** What the loop does with each record. */
  readonly work?: (text: string) => Promise<void>;
  readonly topics?: never;
  readonly subscribe?: readonly string[] | RegExp | { readonly re2: string };
}

export class GroupStage {
  readonly cluster: FakeCluster;
  readonly groups = new FakeGroups();
  readonly protocol: Protocol;
  readonly all: Reading[] = [];

  constructor(protocol: Protocol, options: FakeOptions & { partitions?: number } = {}) {
    this.protocol = protocol;
    this.cluster = new FakeCluster({ ...options, more: this.groups.answers(protocol === "consumer") });
    this.groups.attach(this.cluster);
    this.cluster.addTopic("t", options.partitions ?? 4);
  }

  get world() {
    return this.cluster.world;
  }

  make(options: Partial<ConsumerOptions<RawTopic>> = {}): ConsumerClient {
    return new ConsumerClient(this.cluster.client, {
      bootstrap: this.cluster.bootstrap,
      groupId: "g",
      offsetReset: "earliest",
      heartbeatIntervalMs: 200,
      sessionTimeoutMs: 3_000,
      rebalanceTimeoutMs: 4_000,
      autoCommitIntervalMs: 500,
      ...options,
    });
  }

  read(options: ReadingOptions = {}): Reading {
    const { work, subscribe = ["t"], topics: _topics, ...own } = options;
    const log: string[] = [];
    const seen: string[] = [];
    const events: ClientEvent[] = [];
    const names = (places: readonly { topic: string; partition: number }[]): string =>
      places
        .map((place) => `${place.topic}${place.partition}`)
        .sort()
        .join();
    const consumer = this.make({
      onAssigned: (places) => void log.push(`+${names(places)}`),
      onRevoked: (places) => void log.push(`-${names(places)}`),
      onLost: (places) => void log.push(`!${names(places)}`),
      onEvent: (event) => events.push(event),
      ...own,
    });
    const loop = async (): Promise<Error | null> => {
      try {
        await consumer.subscribe(subscribe);
        for await (const record of consumer) {
          const text = `${record.topic} ${record.partition} ${record.offset}`;
          seen.push(text);
          await work?.(text);
        }
        return null;
      } catch (error) {
        return error as Error;
      }
    };
    const reading = { consumer, seen, log, events, ended: loop() };
    this.all.push(reading);
    return reading;
  }

  write(topic = "t", partition = 0, count = 1): void {
    const { codecs } = this.cluster.client;
    for (let n = 0; n < count; n++) {
      const records = [{ key: null, value: Buffer.from("v"), timestamp: 1 }];
      this.cluster.log(topic, partition).append(buildBatch({ records, codecs }));
    }
  }

  /** The virtual time runs until it is so. */
  async until(condition: () => boolean, withinMs = 30_000): Promise<void> {
    const result = await this.world.runUntil(condition, { withinMs });
    if (!condition())
      throw new Error(`not so within ${withinMs} ms of virtual time: ${String(result)} ${condition}`);
  }

  /** Every partition of "t" is read by exactly one of these. */
  isDivided(readings: readonly Reading[], topic = "t"): boolean {
    const owned = readings.flatMap(({ consumer }) => consumer.assignment());
    const own = owned.filter((place) => place.topic === topic).map((place) => place.partition);
    const count = this.cluster.topics.get(topic)!.logs.length;
    return own.length === count && new Set(own).size === count;
  }

  async close(): Promise<void> {
    for (const { consumer } of this.all) await this.world.run(consumer.close());
  }
}
