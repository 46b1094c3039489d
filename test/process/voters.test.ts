// test: the voters of the metadata quorum change while the cluster is at work: one is added, the leader is
// removed, one comes back with an empty disk, one joins after the log was cut.
import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Admin, QuorumDescription } from "../../client/index.ts";
import { createTopic, type RunningCluster, runCluster } from "./running-cluster.ts";
import { SteadyLoad } from "./steady-load.ts";

/** Four nodes, of which the first three vote. */
function fourNodes(settings: Readonly<Record<string, string>> = {}): Promise<RunningCluster> {
  return runCluster({
    brokers: 4,
    settings,
    settingsOf: (_, all) => ({
      "controller.quorum.voters": all
        .slice(0, 3)
        .map(({ id, peer, directoryId }) => `${id}@${peer}:${directoryId}`)
        .join(","),
    }),
  });
}

async function quorumWhere(
  admin: Admin,
  what: string,
  isSo: (quorum: QuorumDescription) => boolean,
): Promise<QuorumDescription> {
  const deadline = performance.now() + 60_000;
  let last: QuorumDescription | null = null;
  while (performance.now() < deadline) {
    last = await admin.describeQuorum().catch(() => last);
    if (last !== null && isSo(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: not within 60 s; the quorum is ${JSON.stringify(last)}`);
}

const ids = (members: QuorumDescription["voters"]): number[] => members.map(({ id }) => id).sort();

/** The first voters record is committed soon after the start; until then no change is taken. */
async function addVoter(admin: Admin, id: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { observers, voters } = await quorumWhere(admin, `node ${id} follows`, (quorum) =>
      [...quorum.observers, ...quorum.voters].some((one) => one.id === id),
    );
    if (voters.some((one) => one.id === id)) return;
    try {
      await admin.addVoter(observers.find((one) => one.id === id)!);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function removeVoter(admin: Admin, id: number): Promise<void> {
  const { voters } = await admin.describeQuorum();
  await admin.removeVoter(voters.find((one) => one.id === id)!);
}

describe("voters that change", () => {
  it("a fourth is added, and the leader is removed, while records are written", {
    timeout: 180_000,
  }, async () => {
    await using running = await fourNodes();
    const { admin, cluster } = running;
    await createTopic(admin, "flights", 3, 3);
    const load = new SteadyLoad({ bootstrap: cluster.bootstrap, topic: "flights", perSecond: 200, keys: 8 });
    await addVoter(admin, 4);
    const four = await quorumWhere(admin, "four vote", ({ voters }) => voters.length === 4);
    expect(ids(four.voters)).toEqual([1, 2, 3, 4]);
    await removeVoter(admin, four.leaderId);
    const three = await quorumWhere(
      admin,
      "another leads three",
      ({ voters, leaderId }) => voters.length === 3 && leaderId >= 0 && leaderId !== four.leaderId,
    );
    expect(ids(three.voters)).toEqual([1, 2, 3, 4].filter((id) => id !== four.leaderId));
    // The quorum of the three that are left decides, without the one that was removed.
    await cluster.kill(four.leaderId);
    await createTopic(admin, "after", 2, 2);
    await load.progress(200);
    await load.stop();
    expect(await load.verdict()).toMatchObject({ missing: [], duplicated: [], outOfOrder: [], holds: true });
    expect(load.failures).toEqual([]);
  });

  it("one is replaced by itself with an empty disk", { timeout: 180_000 }, async () => {
    await using running = await fourNodes();
    const { admin, cluster } = running;
    const { leaderId, voters } = await quorumWhere(admin, "three vote", (quorum) =>
      quorum.voters.every(({ directoryId }) => !/^A+$/.test(directoryId)),
    );
    const lost = voters.find(({ id }) => id !== leaderId)!;
    await cluster.kill(lost.id);
    rmSync(cluster.folder.dataPath(lost.id), { recursive: true });
    cluster.startBroker(lost.id);
    await cluster.ready({ timeoutMs: 60_000, only: lost.id });
    // It holds another directory now: the voter it was is gone, and it has to be made one anew.
    await removeVoter(admin, lost.id);
    await addVoter(admin, lost.id);
    const again = await quorumWhere(admin, "three vote again", (quorum) => quorum.voters.length === 3);
    expect(ids(again.voters)).toEqual([1, 2, 3]);
    expect(again.voters.find(({ id }) => id === lost.id)!.directoryId).not.toBe(lost.directoryId);
    // Its vote counts: with it two of three are a majority.
    const other = again.voters.find(({ id }) => id !== lost.id && id !== again.leaderId)!;
    await cluster.kill(other.id);
    await createTopic(admin, "flights", 2, 2);
  });

  it("one joins after the log was cut by snapshots, and votes", { timeout: 180_000 }, async () => {
    const settings = {
      "metadata.log.max.record.bytes.between.snapshots": "2000",
      "ottla.metadata.log.trailing.records": "0",
    };
    await using running = await fourNodes(settings);
    const { admin, cluster } = running;
    await cluster.kill(4);
    rmSync(cluster.folder.dataPath(4), { recursive: true });
    for (let round = 0; round < 30; round++)
      await admin.createTopics([{ name: `topic-${round}`, partitions: 3, replicationFactor: 3 }]);
    cluster.startBroker(4);
    await cluster.ready({ timeoutMs: 60_000, only: 4 });
    await addVoter(admin, 4);
    const four = await quorumWhere(admin, "four vote", ({ voters }) => voters.length === 4);
    const newest = four.voters.find(({ id }) => id === 4)!;
    await removeVoter(admin, [1, 2, 3].find((id) => id !== four.leaderId)!);
    expect(newest.logEndOffset).toBeGreaterThan(30);
    expect((await admin.listTopics()).length).toBe(30);
  });
});
