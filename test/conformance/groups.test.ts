// test: consumer groups of the client on both clusters, by both protocols and mixed with another client.
// Where a cluster has no group coordinator (yet), nothing is tested.
import { AssignerProtocol, Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { realClientEnv } from "../../base/real/env.ts";
import { parseBootstrap } from "../../client/connection/address.ts";
import { Connection } from "../../client/connection/connection.ts";
import { Admin, Consumer, type ConsumerOptions, Producer } from "../../client/index.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { type Side, sides } from "./sides.ts";

const run = `groups-conformance-${Date.now()}`;

interface Member {
  readonly consumer: Consumer;
  readonly seen: string[];
  readonly ended: Promise<unknown>;
}

async function until(condition: () => boolean, what: string, withinMs = 30_000): Promise<void> {
  const endMs = Date.now() + withinMs;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

const share = (member: Member): number => member.consumer.assignment().length;
const all = (members: readonly Member[]): string[] => members.flatMap((member) => member.seen);

describe.each(sides)("consumer groups on $name", (side) => {
  let running: Awaited<ReturnType<Side["start"]>>;
  let bootstrap: string;
  let admin: Admin;
  let producer: Producer;
  const offered = new Set<number>();
  const made: string[] = [];
  const members: Member[] = [];
  let numbers = 0;

  beforeAll(async () => {
    running = await side.start();
    bootstrap = running.bootstrap;
    admin = new Admin({ bootstrap });
    producer = new Producer({ bootstrap });
    const settings = { clientId: "test", connectTimeoutMs: 5_000, requestTimeoutMs: 5_000 };
    const probe = await Connection.open(realClientEnv(), parseBootstrap(bootstrap)[0]!, settings);
    for (const key of probe.versions.keys()) offered.add(key);
    probe.close();
  });

  afterAll(async () => {
    await Promise.all(members.map((member) => member.consumer.close()));
    if (made.length > 0) await admin.deleteTopics(made);
    await producer.close();
    await admin.close();
    await running.stop();
  });

  async function makeTopic(name: string, partitions: number): Promise<string> {
    const full = `${run}-${name}`;
    await admin.createTopics([{ name: full, partitions, replicationFactor: 1 }]);
    made.push(full);
    await admin.waitForTopic(full);
    return full;
  }

  function join(
    subscribe: Parameters<Consumer["subscribe"]>[0],
    options: Partial<ConsumerOptions<never>> & { groupId: string },
  ): Member {
    const consumer = new Consumer({
      bootstrap,
      offsetReset: "earliest",
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 300,
      autoCommitIntervalMs: 200,
      ...options,
    }) as Consumer;
    const seen: string[] = [];
    const loop = async (): Promise<unknown> => {
      try {
        await consumer.subscribe(subscribe);
        for await (const { value } of consumer) seen.push(Buffer.from(value!).toString());
        return null;
      } catch (error) {
        return error;
      }
    };
    const member = { consumer, seen, ended: loop() };
    members.push(member);
    return member;
  }

  /** Writes so many records, all different. */
  async function write(topic: string, count: number): Promise<string[]> {
    const values = Array.from({ length: count }, () => `v${numbers++}`);
    await producer.sendBatch(values.map((value, at) => ({ topic, value, key: `k${at}` })));
    return values;
  }

  const protocols = [
    { name: "classic, eager", api: apis.JoinGroup, options: { groupProtocol: "classic" } },
    { name: "classic, sticky", api: apis.JoinGroup, options: { assignors: ["sticky"] } },
    { name: "classic, cooperative", api: apis.JoinGroup, options: { assignors: ["cooperativeSticky"] } },
    { name: "consumer", api: apis.ConsumerGroupHeartbeat, options: { groupProtocol: "consumer" } },
    { name: "auto", api: apis.JoinGroup, options: {} },
  ] as const;

  it.each(protocols)(
    "$name: members come and go, each record is read once",
    async ({ name, api, options }) => {
      if (!offered.has(api.key)) return;
      const topic = await makeTopic(name.replaceAll(/\W+/g, "-"), 6);
      const groupId = `${topic}-group`;
      const wanted = await write(topic, 60);
      const one = join([topic], { groupId, ...options });
      await until(() => one.seen.length === 60, "the first reads all");
      const two = join([topic], { groupId, ...options });
      await until(() => share(one) === 3 && share(two) === 3, "three each");
      wanted.push(...(await write(topic, 60)));
      await until(() => all([one, two]).length >= 120, "both read all");
      await one.consumer.close();
      expect(await one.ended).toBe(null);
      await until(() => share(two) === 6, "the one that stays has all");
      wanted.push(...(await write(topic, 60)));
      await until(() => all([one, two]).length >= 180, "it reads all");
      expect(all([one, two]).sort()).toEqual(wanted.sort());
      await two.consumer.commit();
      const ends = (await two.consumer.committed()).reduce((sum, place) => sum + (place?.offset ?? 0), 0);
      expect(ends).toBe(180);
      await two.consumer.close();
      const three = join([topic], { groupId, ...options });
      const late = await write(topic, 6);
      await until(() => three.seen.length >= 6, "goes on after what is committed");
      expect(three.seen.sort()).toEqual(late.sort());
      await three.consumer.close();
    },
  );

  it("a member of the one protocol and one of the other share a group", async () => {
    if (!offered.has(apis.ConsumerGroupHeartbeat.key)) return;
    const topic = await makeTopic("both", 4);
    const groupId = `${topic}-group`;
    const classic = join([topic], { groupId, groupProtocol: "classic" });
    await until(() => share(classic) === 4, "the classic member has all");
    const modern = join([topic], { groupId, groupProtocol: "consumer" });
    await until(() => share(classic) === 2 && share(modern) === 2, "two each");
    const wanted = await write(topic, 40);
    await until(() => all([classic, modern]).length >= 40, "both read all");
    expect(all([classic, modern]).sort()).toEqual(wanted.sort());
    await classic.consumer.close();
    await until(() => share(modern) === 4, "the other has all");
    await modern.consumer.close();
  });

  it("patterns: matched by the client, and by the broker", async () => {
    if (!offered.has(apis.JoinGroup.key)) return;
    const first = await makeTopic("pattern-1", 1);
    const readers = [join(new RegExp(`^${run}-pattern-`), { groupId: `${first}-a`, metadataMaxAgeMs: 300 })];
    if (offered.has(apis.ConsumerGroupHeartbeat.key)) {
      readers.push(join({ re2: `${run}-pattern-.*` }, { groupId: `${first}-b` }));
    }
    for (const reader of readers) await until(() => share(reader) === 1, "the first topic");
    const second = await makeTopic("pattern-2", 2);
    for (const reader of readers) await until(() => share(reader) === 3, "the second topic too", 60_000);
    const wanted = await write(second, 10);
    for (const reader of readers) {
      await until(() => reader.seen.length >= 10, "its records");
      expect(reader.seen.sort()).toEqual([...wanted].sort());
      await reader.consumer.close();
    }
  });

  it.each(["classic", "consumer"] as const)(
    "a static member by the %s protocol keeps its place",
    async (protocol) => {
      const api = protocol === "classic" ? apis.JoinGroup : apis.ConsumerGroupHeartbeat;
      if (!offered.has(api.key)) return;
      const topic = await makeTopic(`static-${protocol}`, 2);
      const own = { groupId: `${topic}-group`, groupProtocol: protocol };
      const one = join([topic], { ...own, groupInstanceId: "one" });
      const two = join([topic], { ...own, groupInstanceId: "two" });
      await until(() => share(one) === 1 && share(two) === 1, "one each");
      const before = two.consumer.assignment();
      await two.consumer.close();
      const again = join([topic], { ...own, groupInstanceId: "two" });
      await until(() => share(again) === 1, "its place again");
      expect(again.consumer.assignment()).toEqual(before);
      expect(share(one)).toBe(1);
      await again.consumer.close({ leaveGroup: true });
      await until(() => share(one) === 2, "the place is free");
      await one.consumer.close();
    },
  );

  it("shares a group with kafkajs, whoever leads it", async () => {
    if (!offered.has(apis.JoinGroup.key)) return;
    for (const isFirst of [true, false]) {
      const topic = await makeTopic(`kafkajs-${isFirst}`, 4);
      const groupId = `${topic}-group`;
      const kafka = new Kafka({ brokers: bootstrap.split(","), logLevel: logLevel.NOTHING });
      const other = kafka.consumer({
        groupId,
        heartbeatInterval: 300,
        sessionTimeout: 6_000,
        rebalanceTimeout: 10_000,
        partitionAssigners: [dealing],
      });
      const seen: string[] = [];
      const startOther = async (): Promise<void> => {
        await other.connect();
        await other.subscribe({ topics: [topic], fromBeginning: true });
        await other.run({ eachMessage: async ({ message }) => void seen.push(message.value!.toString()) });
      };
      const options = { groupId, groupProtocol: "classic", assignors: ["roundRobin"] } as const;
      if (isFirst) await startOther();
      const own = join([topic], options);
      if (!isFirst) {
        await until(() => share(own) === 4, "alone");
        await startOther();
      }
      await until(() => share(own) === 2, "two partitions");
      const wanted = await write(topic, 40);
      await until(() => own.seen.length + seen.length >= 40, "both read all");
      expect(seen.length).toBeGreaterThan(0);
      expect([...own.seen, ...seen].sort()).toEqual(wanted.sort());
      await other.disconnect();
      await until(() => share(own) === 4, "alone again");
      await own.consumer.close();
    }
  });
});

/** An assigner of kafkajs by the name of Kafka's round robin. */
const dealing: import("kafkajs").PartitionAssigner = ({ cluster }) => ({
  name: "roundrobin",
  version: 0,
  assign: async ({ members, topics }) => {
    const given = new Map<string, Record<string, number[]>>(members.map((item) => [item.memberId, {}]));
    const ids = [...given.keys()].sort();
    let turn = 0;
    for (const topic of topics) {
      for (const { partitionId } of cluster.findTopicPartitionMetadata(topic)) {
        const own = given.get(ids[turn++ % ids.length]!)!;
        own[topic] = [...(own[topic] ?? []), partitionId];
      }
    }
    return [...given].map(([memberId, assignment]) => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({
        version: 0,
        assignment,
        userData: Buffer.alloc(0),
      }),
    }));
  },
  protocol: ({ topics }) => ({
    name: "roundrobin",
    metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
  }),
});
