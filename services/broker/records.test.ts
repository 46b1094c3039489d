// test: produce, fetch and offsets: what a client is told in every case, over real replicas in virtual time.
import { describe, expect, it } from "vitest";
import type { BrokerApi } from "../../proto/broker-api.ts";
import { type ErrorName, errorName } from "../../proto/errors.ts";
import type { RequestOf } from "../../proto/kafka/apis.ts";
import {
  ask,
  clientBatch,
  fetchRequest,
  produced,
  produceRequest,
  type Stage,
  stage,
  values,
} from "../../test/broker/broker-stage.ts";
import { topicId } from "../../test/replication/virtual-cluster.ts";

describe("produce", () => {
  it("with acks=all answers once it is committed, with the base offset", async () => {
    const made = await stage();
    const first = made.leader.produce(produceRequest(-1, "a"), made.context());
    const second = made.leader.produce(produceRequest(-1, "b"), made.context());
    expect(produced(await made.run(first))).toEqual({ error: "NONE", baseOffset: 0 });
    expect(produced(await made.run(second))).toEqual({ error: "NONE", baseOffset: 1 });
  });

  it("with acks=1 answers at once", async () => {
    const made = await stage();
    const response = await made.leader.produce(produceRequest(1), made.context());
    expect(produced(response)).toEqual({ error: "NONE", baseOffset: 0 });
  });

  it("tells each partition what is wrong with it, and does the others", async () => {
    const made = await stage();
    const good = { index: 0, records: clientBatch("good") };
    const damaged = clientBatch("damaged");
    damaged[damaged.length - 1]! ^= 1;
    const request = ask("Produce", {
      acks: 1,
      topicData: [
        { name: "nowhere", partitionData: [{ index: 0, records: clientBatch("x") }] },
        {
          name: "flights",
          partitionData: [
            { index: 9, records: clientBatch("x") },
            { index: 0, records: damaged },
            { index: 0, records: null },
            good,
          ],
        },
        { name: "__consumer_offsets", partitionData: [{ index: 0, records: clientBatch("x") }] },
      ],
    });
    const { responses } = await made.leader.produce(request, made.context());
    const codes = responses.map(({ partitionResponses }) =>
      partitionResponses.map(({ errorCode }) => errorName(errorCode)),
    );
    expect(codes).toEqual([
      ["UNKNOWN_TOPIC_OR_PARTITION"],
      ["UNKNOWN_TOPIC_OR_PARTITION", "CORRUPT_MESSAGE", "INVALID_RECORD", "NONE"],
      ["UNKNOWN_TOPIC_OR_PARTITION"],
    ]);
    expect(responses[1]!.partitionResponses[0]!.errorMessage).toContain("none of number 9");
  });

  it("refuses acks that mean nothing, and transactions", async () => {
    const made = await stage();
    const odd = await made.leader.produce(produceRequest(2), made.context());
    expect(produced(odd).error).toBe("INVALID_REQUIRED_ACKS");
    const transactional = { ...produceRequest(-1), transactionalId: "t" };
    expect(produced(await made.leader.produce(transactional, made.context())).error).toBe(
      "INVALID_TXN_STATE",
    );
  });

  it("tells a client at the wrong broker where the leader is, on its listener", async () => {
    const made = await stage();
    const context = made.context({ listenerName: "INSIDE" });
    const response = await made.other.produce(produceRequest(-1), context);
    expect(produced(response).error).toBe("NOT_LEADER_OR_FOLLOWER");
    const { leaderId } = made;
    expect(response.responses[0]!.partitionResponses[0]!.currentLeader.leaderId).toBe(leaderId);
    expect(response.nodeEndpoints).toEqual([
      { nodeId: leaderId, host: `broker-${leaderId}`, port: 9093, rack: "r" },
    ]);
  });

  it("says when too few are in sync, and when time is up", async () => {
    const made = await stage();
    for (const node of made.cluster.nodes)
      if (node.nodeId !== made.leaderId) node.crash({ keepsCache: true });
    const waiting = await made.run(made.leader.produce(produceRequest(-1), made.context()));
    expect(["REQUEST_TIMED_OUT", "NOT_ENOUGH_REPLICAS_AFTER_APPEND"]).toContain(produced(waiting).error);
    for (const { nodeId, isUp } of made.cluster.nodes) if (!isUp) made.cluster.controller.fence(nodeId);
    await made.cluster.time.run(3000);
    const refused = await made.run(made.leader.produce(produceRequest(-1), made.context()));
    expect(produced(refused).error).toBe("NOT_ENOUGH_REPLICAS");
  });
});

describe("fetch", () => {
  it("reads committed records, with the batch that holds the offset", async () => {
    const made = await stage();
    await made.run(made.leader.produce(produceRequest(-1, "a"), made.context()));
    await made.run(made.leader.produce(produceRequest(-1, "b"), made.context()));
    const all = await made.leader.fetch(fetchRequest(), made.context());
    expect(values(all)).toEqual(["a", "b"]);
    expect(all).toMatchObject({ errorCode: 0, sessionId: 0 });
    const later = await made.leader.fetch(fetchRequest({ offset: 1 }), made.context());
    expect(values(later)).toEqual(["b"]);
    expect(later.responses[0]!.partitions[0]!.highWatermark).toBe(2);
  });

  it("waits for the first byte, and answers as soon as it is committed", async () => {
    const made = await stage();
    const fetching = made.leader.fetch(fetchRequest({ maxWaitMs: 10_000 }), made.context());
    await made.cluster.time.run(500);
    const before = made.cluster.time.nowMs;
    void made.leader.produce(produceRequest(-1, "news"), made.context());
    expect(values(await made.run(fetching))).toEqual(["news"]);
    expect(made.cluster.time.nowMs - before).toBeLessThan(200);
  });

  it("answers empty when time is up, and with less than was wanted", async () => {
    const made = await stage();
    const before = made.cluster.time.nowMs;
    const empty = await made.run(made.leader.fetch(fetchRequest({ maxWaitMs: 300 }), made.context()));
    expect(values(empty)).toEqual([]);
    expect(made.cluster.time.nowMs - before).toBeGreaterThanOrEqual(300);
    await made.run(made.leader.produce(produceRequest(-1, "little"), made.context()));
    const request = fetchRequest({ maxWaitMs: 300, minBytes: 100_000 });
    expect(values(await made.run(made.leader.fetch(request, made.context())))).toEqual(["little"]);
  });

  it("does not wait for a client that has gone", async () => {
    const made = await stage();
    let gone = (): void => {};
    const signal = {
      cancelled: false,
      onCancel(run: () => void) {
        gone = () => {
          this.cancelled = true;
          run();
        };
        return () => {};
      },
    };
    const fetching = made.leader.fetch(fetchRequest({ maxWaitMs: 60_000 }), made.context({ signal }));
    await made.cluster.time.run(10);
    gone();
    await made.run(fetching, 100);
  });

  it("gives the first batch whole, however small the limit, and only the first", async () => {
    const made = await stage({ partitions: 3 });
    const { topics } = made.image;
    const { leaderId } = made;
    const led = topics
      .get(topicId)!
      .partitions.filter(({ leader }) => leader === leaderId)
      .map(({ partition }) => partition);
    for (const index of [...led, ...led]) {
      await made.run(made.leader.produce(produceRequest(-1, `p${index}`, "flights", index), made.context()));
    }
    const request = fetchRequest({ maxBytes: 1, partitions: [...led, ...led] });
    const response = await made.leader.fetch(request, made.context());
    const sizes = response.responses[0]!.partitions.map(({ records }) => records!.length);
    expect(sizes[0]).toBeGreaterThan(1);
    expect(sizes.slice(1).every((size) => size === 0)).toBe(true);
    expect(values(response)).toEqual([`p${led[0]}`]);
  });

  it("reports errors at once: offsets, epochs, leaders, topics", async () => {
    const made = await stage();
    const epoch = made.image.topics.get(topicId)!.partitions[0]!.leaderEpoch;
    const wait = { maxWaitMs: 60_000 };
    const codeOf = async (
      broker: BrokerApi,
      request: RequestOf<"Fetch">,
      version = 11,
    ): Promise<ErrorName> => {
      const response = await made.run(broker.fetch(request, made.context({ apiVersion: version })), 100);
      return errorName(response.responses[0]!.partitions[0]!.errorCode);
    };
    const { leader, other } = made;
    expect(await codeOf(leader, fetchRequest({ ...wait, offset: 5 }))).toBe("OFFSET_OUT_OF_RANGE");
    const newer = fetchRequest({ ...wait, currentLeaderEpoch: epoch + 1 });
    expect(await codeOf(leader, newer)).toBe("UNKNOWN_LEADER_EPOCH");
    const older = fetchRequest({ ...wait, currentLeaderEpoch: epoch - 1 });
    if (epoch > 0) expect(await codeOf(leader, older)).toBe("FENCED_LEADER_EPOCH");
    // Readers of before version 11 know nothing of reading from followers.
    expect(await codeOf(other, fetchRequest(wait), 10)).toBe("NOT_LEADER_OR_FOLLOWER");
    expect(await codeOf(leader, fetchRequest({ ...wait, partitions: [7] }))).toBe(
      "UNKNOWN_TOPIC_OR_PARTITION",
    );
    expect(await codeOf(leader, fetchRequest(wait), 13)).toBe("UNKNOWN_TOPIC_ID");
  });

  it("names topics by id from version 13 on", async () => {
    const made = await stage();
    await made.run(made.leader.produce(produceRequest(-1, "a"), made.context()));
    const request = fetchRequest();
    request.topics[0]!.topicId = topicId;
    request.topics[0]!.topic = "";
    const response = await made.leader.fetch(request, made.context({ apiVersion: 13 }));
    expect(response.responses[0]!.topicId).toBe(topicId);
    expect(values(response)).toEqual(["a"]);
  });

  it("refuses sessions it never handed out, and followers of the Kafka protocol", async () => {
    const made = await stage();
    const session = { ...fetchRequest(), sessionId: 5, sessionEpoch: 2 };
    const refused = await made.leader.fetch(session, made.context());
    expect(errorName(refused.errorCode)).toBe("FETCH_SESSION_ID_NOT_FOUND");
    const follower = { ...fetchRequest(), replicaId: 2 };
    const denied = made.leader.fetch(follower, made.context());
    await expect(denied).rejects.toMatchObject({ errorName: "CLUSTER_AUTHORIZATION_FAILED" });
  });
});

describe("offsets", () => {
  async function offsetsOf(made: Stage, timestamp: number, apiVersion = 9) {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp, maxNumOffsets: 1 }];
    const request = ask("ListOffsets", { topics: [{ name: "flights", partitions }] });
    const { topics } = await made.leader.listOffsets(request, made.context({ apiVersion }));
    const { errorCode, offset } = topics[0]!.partitions[0]!;
    return [errorName(errorCode), offset];
  }

  it("are not told of what is asked twice in one request", async () => {
    const made = await stage();
    const asked = { partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1, maxNumOffsets: 1 };
    const partitions = [asked, { ...asked, timestamp: -2 }];
    const request = ask("ListOffsets", { topics: [{ name: "flights", partitions }] });
    const { topics } = await made.leader.listOffsets(request, made.context({ apiVersion: 9 }));
    const names = topics[0]!.partitions.map(({ errorCode }) => errorName(errorCode));
    expect(names).toEqual(["INVALID_REQUEST"]);
  });

  it("have names in newer versions only", async () => {
    const made = await stage();
    await made.run(made.leader.produce(produceRequest(-1, "a"), made.context()));
    const since: [timestamp: number, version: number][] = [
      [-1, 1],
      [-2, 1],
      [-3, 7],
      [-4, 8],
      [-5, 9],
    ];
    for (const [timestamp, version] of since) {
      expect((await offsetsOf(made, timestamp, version))[0]).toBe("NONE");
      expect(await offsetsOf(made, timestamp, version - 1)).toEqual(["UNSUPPORTED_VERSION", -1]);
    }
    expect(await offsetsOf(made, -6)).toEqual(["UNSUPPORTED_VERSION", -1]);
    expect(await offsetsOf(made, -99)).toEqual(["UNSUPPORTED_VERSION", -1]);
    expect(await offsetsOf(made, 0, 1)).toEqual(["NONE", 0]);
    expect(await offsetsOf(made, 9e15)).toEqual(["NONE", -1]);
  });

  it("are found by name and by time", async () => {
    const made = await stage();
    await made.run(made.leader.produce(produceRequest(-1, "a"), made.context()));
    await made.run(made.leader.produce(produceRequest(-1, "b"), made.context()));
    expect(await offsetsOf(made, -1)).toEqual(["NONE", 2]);
    expect(await offsetsOf(made, -2)).toEqual(["NONE", 0]);
    expect(await offsetsOf(made, -4)).toEqual(["NONE", 0]);
    expect(await offsetsOf(made, -5)).toEqual(["NONE", -1]);
    const epoch = made.image.topics.get(topicId)!.partitions[0]!.leaderEpoch;
    const asked = { partition: 0, currentLeaderEpoch: -1, leaderEpoch: epoch };
    const request = ask("OffsetForLeaderEpoch", { topics: [{ topic: "flights", partitions: [asked] }] });
    const response = await made.leader.offsetForLeaderEpoch(request, made.context());
    expect(response.topics[0]!.partitions[0]).toMatchObject({
      errorCode: 0,
      leaderEpoch: epoch,
      endOffset: 2,
    });
  });
});
