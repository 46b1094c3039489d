// test: readers that say their rack (KIP-392): whom the leader sends to a follower, and what a follower gives
// them; over real replicas in virtual time.
import { describe, expect, it } from "vitest";
import { type ErrorName, errorName } from "../../proto/errors.ts";
import type { ResponseOf } from "../../proto/kafka/apis.ts";
import { fetchRequest, produceRequest, type Stage, stage, values } from "../../test/broker/broker-stage.ts";
import { topicId } from "../../test/replication/virtual-cluster.ts";
import { rackAwareSelector } from "../config/broker-settings.ts";

/** Every broker stands in a rack of its own, named for it. */
async function racks(selector = rackAwareSelector): Promise<Stage> {
  const made = await stage({ overrides: [`replica.selector.class=${selector}`] });
  const { brokers } = made.image;
  made.changes = {
    brokers: new Map([...brokers].map(([id, broker]) => [id, { ...broker, rack: `rack-${id}` }])),
  };
  await made.run(made.leader.produce(produceRequest(-1, "a"), made.context()));
  await made.cluster.time.run(1_000);
  return made;
}

function otherId(made: Stage): number {
  return made.leaderId === 1 ? 2 : 1;
}

function told(response: ResponseOf<"Fetch">): { error: ErrorName; preferred: number; values: string[] } {
  const { errorCode, preferredReadReplica } = response.responses[0]!.partitions[0]!;
  return { error: errorName(errorCode), preferred: preferredReadReplica, values: values(response) };
}

describe("a leader whose reader stands in a rack", () => {
  it("names the in-sync replica there, at once and without records", async () => {
    const made = await racks();
    const request = { ...fetchRequest({ maxWaitMs: 60_000 }), rackId: `rack-${otherId(made)}` };
    const response = await made.run(made.leader.fetch(request, made.context()), 100);
    expect(told(response)).toEqual({ error: "NONE", preferred: otherId(made), values: [] });
    const atEnd = { ...fetchRequest({ maxWaitMs: 60_000, offset: 1 }), rackId: `rack-${otherId(made)}` };
    const again = await made.run(made.leader.fetch(atEnd, made.context()), 100);
    expect(told(again).preferred).toBe(otherId(made));
  });

  it("serves itself those of its own rack, of none, and of one without a replica", async () => {
    const made = await racks();
    for (const rackId of [`rack-${made.leaderId}`, "", "rack-9"]) {
      const response = await made.leader.fetch({ ...fetchRequest(), rackId }, made.context());
      expect(told(response)).toEqual({ error: "NONE", preferred: -1, values: ["a"] });
    }
  });

  it("serves itself readers of before version 11, and all without the selector", async () => {
    const made = await racks();
    const rackId = `rack-${otherId(made)}`;
    const old = await made.leader.fetch({ ...fetchRequest(), rackId }, made.context({ apiVersion: 10 }));
    expect(told(old)).toEqual({ error: "NONE", preferred: -1, values: ["a"] });
    const plain = await racks("org.apache.kafka.common.replica.LeaderSelector");
    const response = await plain.leader.fetch({ ...fetchRequest(), rackId }, plain.context());
    expect(told(response)).toEqual({ error: "NONE", preferred: -1, values: ["a"] });
  });

  it("names nobody who is fenced, or has no listener that the reader could use", async () => {
    const made = await racks();
    const id = otherId(made);
    const request = { ...fetchRequest(), rackId: `rack-${id}` };
    const broker = made.image.brokers.get(id)!;
    for (const change of [{ fenced: true }, { listeners: [] }]) {
      made.changes = { brokers: new Map([...made.image.brokers, [id, { ...broker, ...change }]]) };
      expect(told(await made.leader.fetch(request, made.context()))).toMatchObject({ preferred: -1 });
    }
  });

  it("says what is wrong with a position before it sends a reader on", async () => {
    const made = await racks();
    const request = { ...fetchRequest({ offset: 7 }), rackId: `rack-${otherId(made)}` };
    expect(told(await made.leader.fetch(request, made.context()))).toMatchObject({
      error: "OFFSET_OUT_OF_RANGE",
      preferred: -1,
    });
  });
});

describe("a follower", () => {
  it("gives what is committed, and waits for more", async () => {
    const made = await racks();
    expect(told(await made.other.fetch(fetchRequest(), made.context()))).toEqual({
      error: "NONE",
      preferred: -1,
      values: ["a"],
    });
    const waiting = made.other.fetch(fetchRequest({ offset: 1, maxWaitMs: 60_000 }), made.context());
    await made.run(made.leader.produce(produceRequest(-1, "b"), made.context()));
    expect(told(await made.run(waiting, 1_000))).toMatchObject({ values: ["b"] });
  });

  it("never gives what is not committed yet", async () => {
    const made = await racks();
    const { cluster } = made;
    const third = [1, 2, 3].find((id) => id !== made.leaderId && id !== otherId(made))!;
    // The third replica is in the set and stands still: nothing is committed without it.
    cluster.blackHoles.add(`${third}>${made.leaderId}`);
    void made.leader.produce(produceRequest(1, "not yet"), made.context());
    await cluster.time.run(200);
    const replica = cluster.nodes[otherId(made) - 1]!.replicas!.partition(topicId, 0)!;
    expect(replica.logEndOffset).toBe(2);
    const response = await made.other.fetch(fetchRequest({ offset: 1 }), made.context());
    expect(told(response)).toEqual({ error: "NONE", preferred: -1, values: [] });
  });

  it("refuses readers of another leader epoch, and of before version 11", async () => {
    const made = await racks();
    const epoch = made.image.topics.get(topicId)!.partitions[0]!.leaderEpoch;
    const ask = async (change: { currentLeaderEpoch?: number }, apiVersion = 11): Promise<ErrorName> =>
      told(await made.other.fetch(fetchRequest(change), made.context({ apiVersion }))).error;
    expect(await ask({ currentLeaderEpoch: epoch + 1 })).toBe("UNKNOWN_LEADER_EPOCH");
    expect(await ask({ currentLeaderEpoch: epoch })).toBe("NONE");
    expect(await ask({}, 10)).toBe("NOT_LEADER_OR_FOLLOWER");
  });
});
