// test: fetch sessions: epochs, what is news, who keeps a slot; and over a real replica, that an idle
// partition is not told twice.
import { describe, expect, it } from "vitest";
import type { RequestOf } from "../../proto/kafka/apis.ts";
import { ask, fetchRequest, produceRequest, stage, values, zero } from "../../test/broker/broker-stage.ts";
import { type FetchScope, FetchSessions, type ToldTopics } from "./fetch-sessions.ts";

type Request = RequestOf<"Fetch">;

function sessions(slots = 10): FetchSessions {
  let next = 0;
  const float = (): number => {
    next += 1;
    return next / 1_000;
  };
  return new FetchSessions({ slots, random: { float, uint32: () => 0, bytes: () => new Uint8Array(0) } });
}

function request(
  sessionId: number,
  sessionEpoch: number,
  partitions: number[],
  forget: number[] = [],
): Request {
  const forgottenTopicsData = forget.length === 0 ? [] : [{ topic: "t", topicId: zero, partitions: forget }];
  const [topic] = fetchRequest({ partitions }).topics;
  const topics = partitions.length === 0 ? [] : [{ ...topic!, topic: "t" }];
  return ask("Fetch", { sessionId, sessionEpoch, topics, forgottenTopicsData });
}

interface Fact {
  index: number;
  highWatermark?: number;
  logStartOffset?: number;
  errorCode?: number;
  records?: string;
}

function told(...facts: Fact[]): ToldTopics {
  const partitions = facts.map((fact) => ({
    partitionIndex: fact.index,
    errorCode: fact.errorCode ?? 0,
    highWatermark: fact.highWatermark ?? 0,
    lastStableOffset: 0,
    logStartOffset: fact.logStartOffset ?? 0,
    divergingEpoch: { epoch: -1, endOffset: -1 },
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    snapshotId: { epoch: -1, endOffset: -1 },
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: Buffer.from(fact.records ?? ""),
  }));
  return [{ topic: "t", topicId: zero, partitions }];
}

function scope(opened: ReturnType<FetchSessions["open"]>): FetchScope {
  if (typeof opened === "string") throw new Error(opened);
  return opened;
}

function asked(opened: ReturnType<FetchSessions["open"]>): number[] {
  return scope(opened).topics.flatMap(({ partitions }) => partitions.map(({ partition }) => partition));
}

function begin(cache: FetchSessions, partitions: number[], nowMs = 0): number {
  const facts = partitions.map((index) => ({ index }));
  return scope(cache.open(request(0, 0, partitions), false, nowMs)).answer(told(...facts), nowMs).sessionId;
}

function indexes({ responses }: { responses: ToldTopics }): number[] {
  return responses.flatMap(({ partitions }) => partitions.map(({ partitionIndex }) => partitionIndex));
}

describe("fetch sessions", () => {
  it("remember what is asked, and answer what changed", () => {
    const cache = sessions();
    const id = begin(cache, [0, 1, 2, 3]);
    expect(id).toBeGreaterThan(0);
    const first = scope(cache.open(request(id, 1, []), false, 1));
    const facts = [{ index: 0 }, { index: 1, highWatermark: 5 }, { index: 2, logStartOffset: 1 }];
    const answer = first.answer(told(...facts, { index: 3, records: "x" }), 1);
    expect(indexes(answer)).toEqual([1, 2, 3]);
    expect(answer.sessionId).toBe(id);
    const second = scope(cache.open(request(id, 2, []), false, 2));
    expect(indexes(second.answer(told(...facts, { index: 3 }), 2))).toEqual([]);
  });

  it("tell an error every time, and once that it is gone", () => {
    const cache = sessions();
    const id = begin(cache, [0]);
    const answers = [6, 6, 0, 0].map((errorCode, n) =>
      indexes(scope(cache.open(request(id, n + 1, []), false, n)).answer(told({ index: 0, errorCode }), n)),
    );
    expect(answers).toEqual([[0], [0], [0], []]);
  });

  it("take additions, changes and forgotten partitions; partitions with records go last", () => {
    const cache = sessions();
    const id = begin(cache, [0, 1]);
    const opened = cache.open(request(id, 1, [1, 2], [0]), false, 1);
    expect(asked(opened)).toEqual([1, 2]);
    scope(opened).answer(told({ index: 1, records: "x" }, { index: 2 }), 1);
    expect(asked(cache.open(request(id, 2, []), false, 2))).toEqual([2, 1]);
    expect(cache.partitions).toBe(2);
    expect(asked(cache.open(request(id, 3, [], [1, 2]), false, 3))).toEqual([]);
    expect([cache.size, cache.partitions]).toEqual([0, 0]);
  });

  it("are refused by id, epoch and way of naming topics", () => {
    const cache = sessions();
    const id = begin(cache, [0]);
    expect(cache.open(request(id + 1, 1, []), false, 0)).toBe("FETCH_SESSION_ID_NOT_FOUND");
    expect(cache.open(request(id, 2, []), false, 0)).toBe("INVALID_FETCH_SESSION_EPOCH");
    expect(cache.open(request(id, 1, []), true, 0)).toBe("FETCH_SESSION_TOPIC_ID_ERROR");
    expect(asked(cache.open(request(id, 1, []), false, 0))).toEqual([0]);
    expect(cache.open(request(id, 1, []), false, 0)).toBe("INVALID_FETCH_SESSION_EPOCH");
  });

  it("are closed by the last epoch, and replaced by the first", () => {
    const cache = sessions();
    const id = begin(cache, [0]);
    const closing = scope(cache.open(request(id, -1, [0]), false, 0));
    expect(closing.answer(told({ index: 0 }), 0).sessionId).toBe(0);
    expect(cache.size).toBe(0);
    const other = begin(cache, [0]);
    const again = scope(cache.open(request(other, 0, [0, 1]), false, 0));
    expect(again.answer(told({ index: 0 }, { index: 1 }), 0).sessionId).not.toBe(other);
    expect([cache.size, cache.partitions]).toEqual([1, 2]);
  });

  it("keep their slots for two minutes; then idle ones go, and small ones for larger ones", () => {
    const cache = sessions(2);
    const small = begin(cache, [0], 0);
    const large = begin(cache, [0, 1, 2], 0);
    expect(begin(cache, [0, 1], 120_000)).toBe(0);
    scope(cache.open(request(small, 1, []), false, 120_001));
    scope(cache.open(request(large, 1, []), false, 120_001));
    expect(begin(cache, [0], 120_001)).toBe(0);
    expect(begin(cache, [0, 1], 120_001)).toBeGreaterThan(0);
    expect(cache.open(request(small, 2, []), false, 120_001)).toBe("FETCH_SESSION_ID_NOT_FOUND");
    expect(begin(cache, [0], 240_002)).toBeGreaterThan(0);
    expect(cache.open(request(large, 2, []), false, 240_002)).toBe("FETCH_SESSION_ID_NOT_FOUND");
    expect(begin(sessions(0), [0])).toBe(0);
  });
});

describe("fetch with a session", () => {
  it("reads on where the session stands, and waits when nothing is new", async () => {
    const made = await stage();
    await made.run(made.leader.produce(produceRequest(-1, "a"), made.context()));
    const full = await made.leader.fetch({ ...fetchRequest(), sessionEpoch: 0 }, made.context());
    expect(values(full)).toEqual(["a"]);
    const { sessionId } = full;
    expect(sessionId).toBeGreaterThan(0);
    const moved = { ...fetchRequest({ offset: 1 }), sessionId, sessionEpoch: 1 };
    expect(await made.leader.fetch(moved, made.context())).toMatchObject({ sessionId, responses: [] });
    const waiting = { ...fetchRequest({ maxWaitMs: 10_000 }), sessionId, sessionEpoch: 2, topics: [] };
    const fetching = made.leader.fetch(waiting, made.context({ connectionId: 2 }));
    void made.leader.produce(produceRequest(-1, "b"), made.context());
    expect(values(await made.run(fetching))).toEqual(["b"]);
    const stale = await made.leader.fetch(waiting, made.context());
    expect(stale).toMatchObject({ errorCode: 71, sessionId: 0, responses: [] });
  });
});
