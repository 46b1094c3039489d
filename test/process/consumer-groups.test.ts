// test: groups of Ottla's own consumer as processes, on a cluster of processes, by both protocols: members
// and coordinators are killed, members come and go, all brokers are restarted one by one. What was committed
// is not read again, everything is read, and no partition has two owners.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Admin } from "../../client/index.ts";
import { GroupMembers, type MemberProcess, sharings, until, wrongs } from "./group-members.ts";
import { createTopic, inSync, type RunningCluster, runCluster, temporaryFolder } from "./running-cluster.ts";
import { SteadyLoad } from "./steady-load.ts";

const partitions = 4;
const protocols = ["classic", "consumer"] as const;

let running: RunningCluster;
let admin: Admin;
let bootstrap: string;

beforeAll(async () => {
  const settings = {
    "group.min.session.timeout.ms": "1000",
    "group.initial.rebalance.delay.ms": "50",
    "group.consumer.heartbeat.interval.ms": "200",
    "group.consumer.session.timeout.ms": "6000",
  };
  running = await runCluster({ brokers: 3, settings });
  admin = running.admin;
  bootstrap = running.cluster.bootstrap;
}, 90_000);

afterAll(async () => await running?.[Symbol.asyncDispose]());

async function endsOf(topic: string): Promise<number[]> {
  return (await admin.listOffsets({ topic, at: "latest" })).map(({ offset }) => offset);
}

/** By partition; 0 where nothing is committed. */
async function committedBy(groupId: string): Promise<number[]> {
  const offsets = Array.from({ length: partitions }, () => 0);
  for (const { partition, offset } of await admin.listGroupOffsets(groupId)) offsets[partition] = offset;
  return offsets;
}

/** The same once nothing that was sent before is still under way. */
async function restingCommits(groupId: string, of: readonly number[]): Promise<number[]> {
  const look = async (): Promise<string> => {
    const committed = await committedBy(groupId);
    return `${of.map((partition) => committed[partition])}`;
  };
  for (;;) {
    const before = await look();
    await new Promise((resolve) => setTimeout(resolve, 500));
    if ((await look()) === before) return before.split(",").map(Number);
  }
}

interface Stage extends AsyncDisposable {
  readonly topic: string;
  readonly load: SteadyLoad;
  readonly members: GroupMembers;
  /** A member of the group of that name; with `commitEvery` null the client commits by itself. */
  join(
    groupId: string,
    protocol: (typeof protocols)[number],
    options?: { commitEvery?: number | null; sessionTimeoutMs?: number; instanceId?: string },
  ): MemberProcess;
}

/** A topic that is written to, and members of groups that read it. */
async function stage(topic: string): Promise<Stage> {
  const folder = temporaryFolder("ottla-groups-");
  await createTopic(admin, topic, partitions, 3);
  const load = new SteadyLoad({ bootstrap, topic, perSecond: 200, keys: 50 });
  const members = new GroupMembers(folder.path);
  return {
    ...{ topic, load, members },
    join: (groupId, protocol, { commitEvery = 20, sessionTimeoutMs = 3_000, instanceId } = {}) => {
      const given = { commitEvery, sessionTimeoutMs, instanceId: instanceId ?? null };
      return members.start({ bootstrap, groupId, topic, protocol, ...given });
    },
    async [Symbol.asyncDispose]() {
      load.abandon();
      await members[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** Ends the load, lets the groups read what is left, and expects that all went well in each of them. */
async function settle({ load, members, topic }: Stage, groups: readonly string[]): Promise<number[]> {
  await load.stop();
  expect(load.failures).toEqual([]);
  const ends = await endsOf(topic);
  for (const groupId of groups) {
    await members.readTo(groupId, ends);
    expect({ groupId, wrongs: wrongs(members.of(groupId), ends) }).toEqual({ groupId, wrongs: [] });
  }
  return ends;
}

describe("groups of processes", { timeout: 240_000 }, () => {
  it.each(protocols)(
    "%s: a member that is killed goes on, started again, where it had committed",
    async (protocol) => {
      await using on = await stage(`killed-${protocol}`);
      const groupId = `${on.topic}-group`;
      for (let life = 1; life <= 3; life++) {
        const before = life === 1 ? null : await restingCommits(groupId, [0, 1, 2, 3]);
        const member = on.join(groupId, protocol);
        const firsts = () => [0, 1, 2, 3].map((partition) => member.firstOf(partition));
        const isGoing = () => member.count >= 150 && firsts().every((offset) => offset !== null);
        await until(isGoing, () => `life ${life} has read ${member.count} records, first ${firsts()}`);
        if (before !== null) expect(firsts()).toEqual(before);
        if (life < 3) await member.kill();
      }
      await settle(on, [groupId]);
    },
  );

  // By the consumer protocol only a static member that was closed keeps its place (KIP-848).
  it("classic: a static member that is killed has its partitions again, others keep theirs", async () => {
    const protocol = "classic";
    await using on = await stage(`static-${protocol}`);
    const groupId = `${on.topic}-group`;
    // It need not wait for the end of its session, which is longer than this test.
    const ofOne = { sessionTimeoutMs: 120_000, instanceId: "one" };
    const other = on.join(groupId, protocol, { ...ofOne, instanceId: "other" });
    const one = on.join(groupId, protocol, ofOne);
    const isEven = () => one.owned.length === 2 && other.owned.length === 2;
    await until(isEven, () => `they own ${one.owned} and ${other.owned}`);
    await until(
      () => one.count >= 50 && other.count >= 50,
      () => `${one.count} and ${other.count} read`,
    );
    await one.kill();
    const before = await restingCommits(groupId, one.owned);
    const assigned = () => other.notes.filter(({ kind }) => kind === "assigned");
    const ofOther = assigned();
    const again = on.join(groupId, protocol, ofOne);
    const firsts = () => one.owned.map((partition) => again.firstOf(partition));
    const isGoing = () => again.count >= 50 && firsts().every((offset) => offset !== null);
    await until(isGoing, () => `it has read ${again.count}`, 30_000);
    expect({ owned: again.owned, firsts: firsts() }).toEqual({ owned: one.owned, firsts: before });
    expect(assigned()).toEqual(ofOther);
    await settle(on, [groupId]);
  });

  it("goes on within seconds when its coordinator is killed", async () => {
    await using on = await stage("coordinated");
    const groups = protocols.map((protocol) => ({ groupId: `coordinated-${protocol}`, protocol }));
    for (const { groupId, protocol } of groups) {
      for (let number = 0; number < 2; number++) on.join(groupId, protocol, { sessionTimeoutMs: 6_000 });
    }
    const counts = (groupId: string) => on.members.of(groupId).map((member) => member.count);
    for (const { groupId } of groups) {
      await until(
        () => counts(groupId).every((count) => count >= 50),
        () => `${groupId}: ${counts(groupId)}`,
      );
    }
    for (const { groupId } of groups) {
      const [description] = await admin.describeGroups([groupId]);
      const { id } = description!.coordinator;
      await running.cluster.kill(id);
      const committed = await committedBy(groupId);
      const killedMs = performance.now();
      const isAhead = async () => (await committedBy(groupId)).every((offset, at) => offset > committed[at]!);
      await until(isAhead, () => `${groupId} has not gone on from ${committed}`, 20_000);
      expect(performance.now() - killedMs).toBeLessThan(15_000);
      running.cluster.startBroker(id);
      await running.cluster.ready({ timeoutMs: 60_000, only: id });
      await inSync(admin, on.topic, 3);
    }
    await settle(
      on,
      groups.map(({ groupId }) => groupId),
    );
  });

  it.each(protocols)("%s: each group gets every record, each record one member", async (protocol) => {
    await using on = await stage(`shared-${protocol}`);
    const groups = ["a", "b"].map((name) => `${on.topic}-${name}`);
    // Nobody shall be taken for dead because the machine is busy.
    const calm = { commitEvery: null, sessionTimeoutMs: 45_000 };
    const leavers = groups.map((groupId) => on.join(groupId, protocol, calm));
    const share = (member: MemberProcess) => member.owned.length;
    await until(
      () => leavers.every((member) => member.count >= 50),
      () => "the first members read",
    );
    const stayers = groups.map((groupId) => on.join(groupId, protocol, calm));
    const members = [...leavers, ...stayers];
    const shares = () => `shares are ${members.map(share)}`;
    await until(() => members.every((member) => share(member) === partitions / 2), shares);
    await until(
      () => stayers.every((member) => member.count >= 50),
      () => "the second members read",
    );
    await Promise.all(leavers.map((member) => member.stop()));
    await until(() => stayers.every((member) => share(member) === partitions), shares);
    const ends = await settle(on, groups);
    for (const groupId of groups) {
      const reads = on.members.reads(groupId);
      expect(reads.length).toBe(new Set(reads).size);
      expect(sharings(on.members.of(groupId))).toEqual([]);
    }
    await Promise.all(stayers.map((member) => member.stop()));
    for (const groupId of groups) expect(await committedBy(groupId)).toEqual(ends);
  });

  it("loses nothing, and commits do not go back, while each broker is restarted", async () => {
    await using on = await stage("rolled");
    const groups = protocols.map((protocol) => ({ groupId: `rolled-${protocol}`, protocol }));
    for (const { groupId, protocol } of groups) {
      for (let number = 0; number < 2; number++) on.join(groupId, protocol, { sessionTimeoutMs: 6_000 });
    }
    const names = groups.map(({ groupId }) => groupId);
    const counts = () => names.map((groupId) => on.members.reads(groupId).length);
    await until(
      () => counts().every((count) => count >= 200),
      () => `read ${counts()}`,
    );
    const watch = new CommitWatch(names);
    for (const id of [1, 2, 3]) {
      await running.cluster.stopBroker(id);
      running.cluster.startBroker(id);
      await running.cluster.ready({ timeoutMs: 60_000, only: id });
      await inSync(admin, on.topic, 3);
      const before = counts();
      await until(
        () => counts().every((count, at) => count >= before[at]! + 50),
        () => `read ${counts()}`,
      );
    }
    await settle(on, names);
    await watch.stop();
    expect(watch.looks).toBeGreaterThan(20);
    expect(watch.backward).toEqual([]);
    for (const groupId of names) expect(sharings(on.members.of(groupId))).toEqual([]);
  });
});

/** Looks again and again at what groups have committed. */
class CommitWatch {
  readonly backward: string[] = [];
  looks = 0;
  #isOver = false;
  readonly #watching: Promise<unknown>;

  constructor(groups: readonly string[]) {
    this.#watching = Promise.all(groups.map((groupId) => this.#watch(groupId)));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#watching;
  }

  async #watch(groupId: string): Promise<void> {
    let before = Array.from({ length: partitions }, () => 0);
    while (!this.#isOver) {
      const now = await committedBy(groupId);
      for (const [partition, offset] of now.entries()) {
        if (offset < before[partition]!)
          this.backward.push(`${groupId} ${partition}: ${offset} after ${before[partition]}`);
      }
      before = now;
      this.looks++;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
