// test: what every client that joins groups has to find: the same for all of them, whatever they are made of.
import { afterAll, beforeAll, expect, it } from "vitest";
import { Cluster } from "../../testing/index.ts";
import { committedSum } from "../process/mixed-group/committed-sum.ts";
import type { Client, MemberOptions } from "../process/mixed-group/group-member.ts";
import { GroupRun } from "../process/mixed-group/group-run.ts";

export interface GroupStage {
  readonly cluster: Cluster;
  /** A topic of its own with `count` records, whose values come back. */
  filled(topic: string, count: number): Promise<string[]>;
  /** More of them. */
  send(topic: string, from: number, count: number): Promise<string[]>;
  run(group: string, topic: string): GroupRun;
}

const partitions = 6;

/** One cluster for a whole file. */
export function groupStage(settings: Readonly<Record<string, string | number>> = {}): () => GroupStage {
  let stage: GroupStage | undefined;
  beforeAll(async () => {
    stage = await makeStage(settings);
  }, 60_000);
  afterAll(async () => {
    await stage?.cluster.stop();
  });
  return () => stage!;
}

async function makeStage(settings: Readonly<Record<string, string | number>>): Promise<GroupStage> {
  const cluster = await Cluster.start({
    brokers: 3,
    settings: {
      "group.initial.rebalance.delay.ms": 200,
      "group.min.session.timeout.ms": 1_000,
      "offsets.topic.num.partitions": 6,
      ...settings,
    },
  });
  const producer = cluster.producer();
  const send = async (topic: string, from: number, count: number): Promise<string[]> => {
    const values = Array.from({ length: count }, (_, n) => `${topic}-${from + n}`);
    await Promise.all(
      values.map((value, n) => producer.send({ topic, value, partition: (from + n) % partitions })),
    );
    return values;
  };
  return {
    cluster,
    send,
    async filled(topic, count) {
      await cluster.createTopic(topic, { partitions, replicationFactor: 3 });
      return await send(topic, 0, count);
    },
    run: (group, topic) => new GroupRun({ bootstrap: cluster.bootstrap, group, topic }, partitions),
  };
}

export interface Behaviour {
  /** How members are made that share a topic. */
  readonly sharing?: MemberOptions;
  /** Whether the client knows static membership. */
  readonly isStatic: boolean;
}

/** All of it, as tests of the file that calls it. */
export function itBehavesInGroups(stage: () => GroupStage, client: Client, behaviour: Behaviour): void {
  itSharesATopic(stage, client, behaviour.sharing);
  itPublishesToGroups(stage, client);
  itRebalances(stage, client);
  itGoesOnFromCommits(stage, client);
  itTakesBackSleepers(stage, client);
  if (behaviour.isStatic) itKeepsStaticMembers(stage, client);
}

function itSharesATopic(stage: () => GroupStage, client: Client, options: MemberOptions = {}): void {
  it("reads a topic from its beginning, shared by three members, each record once", async () => {
    const values = await stage().filled("shared", 60);
    const [group, topic] = ["sharing", "shared"];
    await using run = stage().run(group, topic);
    run.add(client, options);
    await run.processed(values);
    await committed(stage(), { group, topic, records: 60 });
    for (let n = 0; n < 2; n++) run.add(client, options);
    await run.shared();
    const more = await stage().send(topic, 60, 300);
    await run.processed([...values, ...more]);
    expect(run.repeated).toEqual([]);
    expect(run.ledger.faults).toEqual([]);
    for (const member of run.members.values()) expect(run.processedBy(member)).toBeGreaterThan(0);
    await Promise.all([...run.members.values()].map((member) => run.stop(member)));
  }, 60_000);
}

function itPublishesToGroups(stage: () => GroupStage, client: Client): void {
  it("gives every group all records", async () => {
    const values = await stage().filled("published", 120);
    await using one = stage().run("subscriber-1", "published");
    await using other = stage().run("subscriber-2", "published");
    for (const run of [one, other]) run.add(client);
    for (const run of [one, other]) {
      await run.processed(values);
      expect(run.repeated).toEqual([]);
    }
  }, 60_000);
}

function itRebalances(stage: () => GroupStage, client: Client): void {
  it("rebalances when members join, leave and crash", async () => {
    // Who leaves says so: nobody waits for the end of such a session. Who crashes does not.
    const long = { sessionTimeoutMs: 60_000 };
    const short = { sessionTimeoutMs: 2_500 };
    const values = await stage().filled("moving", 60);
    await using run = stage().run("movers", "moving");
    const first = run.add(client, long);
    await run.shared();
    await run.processed(values);
    const second = run.add(client, short);
    await run.shared();
    values.push(...(await stage().send("moving", 60, 60)));
    await run.processed(values);
    await run.stop(first);
    await run.shared();
    values.push(...(await stage().send("moving", 120, 60)));
    await run.processed(values);
    const third = run.add(client, short);
    await run.shared();
    await run.kill(second);
    await run.shared();
    values.push(...(await stage().send("moving", 180, 60)));
    await run.processed(values);
    expect(third.assignment()?.partitions).toHaveLength(run.partitions);
    expect(run.ledger.faults).toEqual([]);
  }, 90_000);
}

/** Until the group has committed as many offsets as the topic has records. */
export function committed(
  { cluster: { bootstrap } }: GroupStage,
  { group, topic, records }: { group: string; topic: string; records: number },
): Promise<void> {
  return committedSum({ bootstrap, group, topic }, records);
}

function itGoesOnFromCommits(stage: () => GroupStage, client: Client): void {
  it("goes on from the committed offset after a stop, and after a crash", async () => {
    const values = await stage().filled("resumed", 60);
    const [group, topic] = ["resuming", "resumed"];
    const options = { sessionTimeoutMs: 2_500 };
    await using run = stage().run(group, topic);
    const first = run.add(client, options);
    await run.processed(values);
    await run.stop(first);
    await committed(stage(), { group, topic, records: 60 });

    const more = await stage().send(topic, 60, 60);
    const second = run.add(client, options);
    await run.processed(more);
    await committed(stage(), { group, topic, records: 120 });
    await run.kill(second);

    const last = await stage().send(topic, 120, 60);
    run.add(client, options);
    await run.processed(last);
    expect(run.repeated).toEqual([]);
  }, 90_000);
}

function itKeepsStaticMembers(stage: () => GroupStage, client: Client): void {
  it("keeps the partitions of a static member that comes back", async () => {
    await stage().filled("static", 60);
    await using run = stage().run("statics", "static");
    const instances = ["one", "two"].map((instanceId) => ({ instanceId }));
    const members = instances.map((options) => run.add(client, options));
    await run.shared();
    // The leader of the group is one of them.
    for (const [n, options] of instances.entries()) {
      const old = members[n]!;
      const { partitions, generation } = old.assignment()!;
      await run.kill(old);
      const again = run.add(client, options);
      await run.shared();
      expect(again.assignment()).toMatchObject({ partitions, generation });
    }
  }, 60_000);
}

function itTakesBackSleepers(stage: () => GroupStage, client: Client): void {
  it("goes on without a member that sleeps, and takes it back when it wakes up", async () => {
    const options = { sessionTimeoutMs: 2_500 };
    const values = await stage().filled("slept", 60);
    await using run = stage().run("sleepers", "slept");
    const [awake, asleep] = [run.add(client, options), run.add(client, options)];
    await run.shared();
    await run.processed(values);
    asleep.pause();
    await run.until("it has all partitions", () => awake.assignment()?.partitions.length === run.partitions);
    values.push(...(await stage().send("slept", 60, 60)));
    await run.processed(values);
    asleep.resume();
    await run.until("it has given some back", () => awake.assignment()?.partitions.length === 3);
    await run.shared();
    values.push(...(await stage().send("slept", 120, 60)));
    await run.processed(values);
    expect(run.ledger.faults).toEqual([]);
  }, 60_000);
}
