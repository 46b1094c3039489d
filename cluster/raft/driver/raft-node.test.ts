// test: consensus nodes as wholes, on virtual machines: log on segments, vote file, snapshots, streams.
import { describe, expect, it } from "vitest";
import { VirtualRaftGroup } from "../../../test/scenarios/virtual-raft.ts";
import { LogDamagedError } from "../../log/recovery.ts";

async function running(
  options: ConstructorParameters<typeof VirtualRaftGroup>[0],
): Promise<VirtualRaftGroup> {
  const group = new VirtualRaftGroup(options);
  await group.startAll();
  return group;
}

const numbered = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${from + index}`);

describe("a consensus node", () => {
  it("elects, commits on all nodes, and goes on when the leader dies", async () => {
    const group = await running({ seed: 1, voters: 3 });
    const first = await group.commit(["a", "b"]);
    first.crash("power");
    const second = await group.commit(["c"]);
    expect(second.id).not.toBe(first.id);
    await group.world.run(first.start());
    await group.until(() => group.hosts.every(({ list }) => list.values.join("") === "abc"));
    expect(group.leader!.id).toBe(second.id);
  });

  it("replaces a killed leader well before the election timeout", async () => {
    for (let seed = 20; seed < 30; seed += 1) {
      const group = await running({ seed, voters: 3, electionTimeoutMs: 1_000 });
      const first = await group.commit(["a"]);
      const killedMs = group.world.scheduler.nowMs;
      first.crash("process");
      await group.commit(["b"]);
      expect(group.world.scheduler.nowMs - killedMs).toBeLessThan(950);
    }
  });

  it("works alone", async () => {
    const group = await running({ seed: 2, voters: 1 });
    await group.commit(["a"]);
    group.host(1).crash("power");
    await group.world.run(group.host(1).start());
    await group.commit(["b"]);
    expect(group.host(1).list.values).toEqual(["a", "b"]);
  });

  it("leads at once when it is alone, and soon when all begin together", async () => {
    const alone = await running({ seed: 2, voters: 1, electionTimeoutMs: 1_000 });
    await alone.world.runFor(30);
    expect(alone.leader).toBe(alone.host(1));
    for (let seed = 30; seed < 40; seed += 1) {
      const group = await running({ seed, voters: 3, electionTimeoutMs: 1_000 });
      await group.world.runFor(150);
      expect(group.leader).toBeDefined();
    }
  });

  it("does not take rotten entries for a torn tail once they were committed", async () => {
    const group = await running({ seed: 4, voters: 3 });
    const host = await group.commit(numbered(0, 20));
    await group.world.runFor(2_500);
    expect(host.log!.recoveryPoint).toBe(host.log!.end);
    host.crash("power");
    const file = "/data/__cluster_metadata-0/00000000000000000000.log";
    expect(host.machine.disk.rot(file, 150)).toBe(150);
    const before = host.machine.disk.files().find(({ path }) => path === file);
    await expect(group.world.run(host.start())).rejects.toThrow(LogDamagedError);
    expect(host.machine.disk.files().find(({ path }) => path === file)).toEqual(before);
  });

  it("keeps what was acknowledged when all lose power at once, many times", async () => {
    const group = await running({ seed: 3, voters: 3 });
    const acknowledged: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      for (const text of numbered(round * 10, 5)) {
        await group.commit([text]);
        acknowledged.push(text);
      }
      for (const host of group.hosts) host.crash("power");
      await group.startAll();
    }
    await group.until(() => group.hosts.every(({ list }) => list.values.length >= acknowledged.length));
    for (const { list } of group.hosts) expect(list.values).toEqual(acknowledged);
  });

  it("binds the voters' directories in the log", async () => {
    const group = await running({ seed: 4, voters: 3, observers: 1 });
    await group.until(() => group.hosts.every(({ node }) => node!.status()?.votersAreRecorded === true));
    const status = group.leader!.node!.status()!;
    expect(status.voters.map(({ id, directoryId }) => [id, directoryId])).toEqual(
      group.hosts.slice(0, 3).map(({ id, node }) => [id, node!.status()!.voters[id - 1]!.directoryId]),
    );
    await group.until(() => group.leader!.node!.status()!.observers.length === 1);
    expect(group.leader!.node!.status()!.observers[0]!.id).toBe(4);
  });

  it("takes no voter for the same whose disk was replaced, and lets it follow", async () => {
    const group = await running({ seed: 5, voters: 3 });
    await group.commit(["a"]);
    await group.until(() => group.hosts.every(({ node }) => node!.status()?.votersAreRecorded === true));
    const wiped = group.hosts.find(({ isLeader }) => !isLeader)!;
    wiped.crash("power");
    wiped.machine.disk.lose();
    await group.world.run(wiped.start());
    await group.commit(["b"]);
    await group.until(() => wiped.list.values.join("") === "ab");
    expect(wiped.node!.status()!.isVoter).toBe(false);
    // One voter and one observer are no majority of three voters.
    const other = group.hosts.find((host) => host !== wiped && !host.isLeader)!;
    other.crash("power");
    await group.until(() => group.leader === undefined);
    await group.world.runFor(5_000);
    expect(group.leader).toBeUndefined();
    await group.world.run(other.start());
    await group.commit(["c"]);
  });

  it("brings a node that was away back with a snapshot, then with entries", async () => {
    const group = await running({ seed: 6, voters: 3 });
    await group.commit(["first"]);
    const away = group.hosts.find(({ isLeader }) => !isLeader)!;
    away.crash("process");
    for (let count = 0; count < 200; count += 1) await group.commit([`${count} ${"x".repeat(200)}`]);
    const leader = group.leader!;
    await group.world.run(leader.snapshot());
    await group.until(() => leader.node!.status()!.logStart > 100);
    await group.commit(["last"]);
    await group.world.run(away.start());
    await group.until(() => away.list.values.at(-1) === "last");
    expect(away.list.values).toEqual(leader.list.values);
    expect(away.list.snapshotsTaken).toBe(1);
    away.crash("power");
    await group.world.run(away.start());
    await group.until(() => away.list.values.at(-1) === "last");
    expect(away.list.values).toEqual(leader.list.values);
  });

  it("sends a snapshot of many pieces over streams that break", async () => {
    const group = await running({ seed: 7, voters: 3 });
    await group.commit(["first"]);
    const away = group.hosts.find(({ isLeader }) => !isLeader)!;
    away.crash("process");
    for (let count = 0; count < 40; count += 1) await group.commit([`${count} ${"x".repeat(100_000)}`]);
    const leader = group.leader!;
    await group.world.run(leader.snapshot());
    await group.until(() => leader.node!.status()!.logStart > 10);
    await group.world.run(away.start());
    for (let count = 0; count < 20 && away.list.values.length < 41; count += 1) {
      await group.world.runFor(15);
      group.world.fabric.reset(leader.machine.name, away.machine.name);
    }
    await group.until(() => away.list.values.length === 41);
    expect(away.list.snapshotsTaken).toBe(1);
  });

  it("hands leadership over without losing what is under way", async () => {
    const group = await running({ seed: 8, voters: 3 });
    const leader = await group.commit(["a"]);
    const pending = Promise.allSettled(numbered(0, 50).map((text) => leader.append([text])));
    expect(await group.world.run(leader.node!.transferLeadership(2_000))).toBe(true);
    await group.until(() => group.leader !== undefined && group.leader !== leader);
    await group.world.run(pending);
    const settled = await pending;
    await group.commit(["z"]);
    const { values } = group.leader!.list;
    settled.forEach((one, index) => {
      if (one.status === "fulfilled") expect(values).toContain(`${index}`);
    });
    expect(new Set(values).size).toBe(values.length);
  });

  it("says so at once when nobody can take over", async () => {
    const group = await running({ seed: 9, voters: 1 });
    const leader = await group.commit(["a"]);
    expect(await group.world.run(leader.node!.transferLeadership(2_000))).toBe(false);
    expect(leader.isLeader).toBe(true);
  });

  it("refuses proposals of another epoch, and those of a deposed leader", async () => {
    const group = await running({ seed: 10, voters: 3 });
    const leader = await group.commit(["a"]);
    const { journal } = leader.node!;
    expect(() => journal.append([Buffer.from("x")], { epoch: 0, timestamp: 0 })).toThrow("does not lead");
    group.world.fabric.isolate(leader.machine.name);
    const lost = leader.append(["lost"]).then(
      () => "committed",
      (error) => error.errorName,
    );
    expect(await group.world.run(lost)).toBe("NOT_CONTROLLER");
    group.world.fabric.healAll();
    await group.commit(["b"]);
    await group.until(() => group.hosts.every(({ list }) => list.values.join("") === "ab"));
  });

  it("commits many proposals of one turn with few syncs", async () => {
    const group = await running({ seed: 11, voters: 3 });
    const leader = await group.commit(["a"]);
    const before = group.world.scheduler.eventsRun;
    const texts = numbered(0, 1_000);
    await group.world.run(Promise.all(texts.map((text) => leader.append([text]))));
    expect(group.world.scheduler.eventsRun - before).toBeLessThan(500);
    await group.until(() => group.hosts.every(({ list }) => list.values.length === 1_001));
  });

  it("stops the process when the vote cannot be written", async () => {
    const group = await running({ seed: 12, voters: 3 });
    const leader = await group.commit(["a"]);
    const follower = group.hosts.find((host) => host !== leader)!;
    follower.machine.disk.faults.brokenPaths.add("/raft");
    leader.crash("power");
    await group.until(() => follower.machine.halts.length > 0);
    expect(follower.machine.halts[0]!.reason).toContain("writing the vote file");
  });

  it("refuses a damaged vote file, and a log without one", async () => {
    const group = await running({ seed: 13, voters: 1 });
    await group.commit(["a"]);
    const host = group.host(1);
    await group.world.run(host.stop());
    host.machine.crash({ kind: "process" });
    host.machine.disk.rot("/raft/vote", 20);
    await expect(group.world.run(host.start())).rejects.toThrow("checksum");
    host.machine.crash({ kind: "process" });
    const env = host.machine.start();
    env.disk.remove("/raft/vote");
    host.machine.crash({ kind: "process" });
    await expect(group.world.run(host.start())).rejects.toThrow("no vote file");
  });

  it("is not disturbed by a process that stood still", async () => {
    const group = await running({ seed: 14, voters: 3 });
    const leader = await group.commit(["a"]);
    const term = leader.node!.term();
    const follower = group.hosts.find((host) => host !== leader)!;
    for (let count = 0; count < 5; count += 1) {
      follower.machine.pause(2_000);
      await group.world.runFor(2_500);
    }
    expect(group.leader!.node!.term()).toBe(term);
  });

  it("adds a node to the voters, and then lives on when the one that led is removed", async () => {
    const group = await running({ seed: 15, voters: 3, observers: 1 });
    const leader = await group.commit(["a"]);
    await group.until(() => leader.node!.status()!.votersAreRecorded);
    // Once more is committed, so is the record of who votes, and a change may begin.
    await group.commit(["-"]);
    await group.until(() => leader.node!.status()!.observers.some(({ id }) => id === 4));
    const { directoryId } = leader.node!.status()!.observers[0]!;
    const voter = { id: 4, directoryId: directoryId!, host: group.host(4).machine.name, port: 1 };
    const add = { kind: "add", voter, ticksMax: 100 } as const;
    await group.world.run(leader.node!.changeVoters(add));
    expect(leader.node!.status()!.voters.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    await expect(group.world.run(leader.node!.changeVoters(add))).rejects.toThrow("is a voter already");
    const own = leader.node!.status()!.voters.find(({ id }) => id === leader.id)!;
    const remove = { kind: "remove", id: leader.id, directoryId: own.directoryId! } as const;
    await group.world.run(leader.node!.changeVoters(remove));
    await group.until(() => group.leader !== undefined && group.leader !== leader);
    await group.commit(["b"]);
    const voters = [1, 2, 3, 4].filter((id) => id !== leader.id);
    expect(group.leader!.node!.status()!.voters.map(({ id }) => id)).toEqual(voters);
    // Nobody asks a removed node for its vote: it hears of the new term from those it still sends to.
    await group.until(() => leader.node!.status()!.role !== "leader");
    await expect(leader.node!.changeVoters(remove)).rejects.toThrow("does not lead");
    await group.until(() => group.hosts.every(({ list }) => list.values.join("") === "a-b"));
  });
});
