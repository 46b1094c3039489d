// test: both ends of fetch sessions against each other, through the bytes of the protocol: whatever is lost,
// evicted or changed in between, a broker that accepts a request reads exactly what the client wants, and the
// client misses no news.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zeroUuid } from "../../base/uuid.ts";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { FetchSession, type Told, type WantedPartition } from "../../client/consumer/fetch-session.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { decodeMessage, encodeMessage } from "../../proto/kafka/codec.ts";
import type { FetchRequest, FetchResponse } from "../../proto/kafka/generated/messages.ts";
import { FetchSessions, sessionRefusal, type ToldTopics } from "../../services/broker/fetch-sessions.ts";

type Truth = ToldTopics[number]["partitions"][number];

const names = ["a", "b", "c"];
const partitionsMax = 5;
const steps = 150;
const emptyRead: Truth = {
  partitionIndex: 0,
  errorCode: 0,
  highWatermark: 0,
  lastStableOffset: -1,
  logStartOffset: 0,
  divergingEpoch: { epoch: -1, endOffset: -1 },
  currentLeader: { leaderId: -1, leaderEpoch: -1 },
  snapshotId: { epoch: -1, endOffset: -1 },
  abortedTransactions: null,
  preferredReadReplica: -1,
  records: null,
};

class Scene {
  readonly client = new FetchSession();
  readonly random: SeededRandom;
  broker: FetchSessions;
  version: number;
  /** By topic, what is wanted of its partitions. */
  readonly #wanted = new Map<string, Map<number, WantedPartition>>();
  readonly #ids = new Map<string, string>();
  /** What the broker would read, by topic and partition. */
  readonly #truth = new Map<string, Truth>();
  /** What the client was last told. */
  readonly #known = new Map<string, Truth>();
  accepted = 0;
  incremental = 0;
  quiet = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.broker = this.#newBroker();
    this.version = this.#version();
    for (const name of names) this.#remake(name);
  }

  step(): void {
    const { random } = this;
    if (this.#chance(0.05)) this.broker = this.#newBroker();
    if (this.#chance(0.05)) this.version = this.#version();
    if (this.#chance(0.05)) this.#remake(names[random.uint32() % names.length]!);
    if (this.#chance(0.1)) this.#crowd();
    for (let n = random.uint32() % 4; n > 0; n--) this.#change();
    this.#write();
    this.#fetch();
  }

  #chance(share: number): boolean {
    return this.random.float() < share;
  }

  #newBroker(): FetchSessions {
    const slots = this.#chance(0.2) ? 0 : 1 + (this.random.uint32() % 2);
    return new FetchSessions({ slots, random: this.random });
  }

  #version(): number {
    return [6, 7, 12, 13, 17][this.random.uint32() % 5]!;
  }

  #remake(name: string): void {
    this.#ids.set(name, Buffer.from(this.random.bytes(16)).toString("base64url"));
    for (const [partition, item] of this.#wanted.get(name) ?? []) {
      this.#wanted.get(name)!.set(partition, { ...item, topicId: this.#ids.get(name)! });
    }
  }

  /** Another client, much later, may push out the session. */
  #crowd(): void {
    const topic = { topic: "other", topicId: zeroUuid, partitions: [{ partition: 0 }] };
    const body = { sessionId: 0, sessionEpoch: 0, topics: [topic], forgottenTopicsData: [] };
    const scope = this.broker.open(body as unknown as FetchRequest, false, this.#nowMs);
    if (typeof scope === "string") throw new Error(scope);
    scope.answer([], this.#nowMs);
  }

  #nowMs = 0;

  #change(): void {
    const { random } = this;
    const topic = names[random.uint32() % names.length]!;
    const partition = random.uint32() % partitionsMax;
    const items = this.#wanted.get(topic) ?? new Map<number, WantedPartition>();
    this.#wanted.set(topic, items);
    if (this.#chance(0.3)) {
      items.delete(partition);
      if (items.size === 0) this.#wanted.delete(topic);
      return;
    }
    const before = items.get(partition);
    items.set(partition, {
      topic,
      topicId: this.#ids.get(topic)!,
      partition,
      currentLeaderEpoch: this.#chance(0.2) ? random.uint32() % 100 : (before?.currentLeaderEpoch ?? 0),
      fetchOffset: this.#chance(0.5) ? random.uint32() % 1_000 : (before?.fetchOffset ?? 0),
      partitionMaxBytes: this.#chance(0.1) ? random.uint32() % 1_000 : (before?.partitionMaxBytes ?? 9),
    });
  }

  /** The world goes on: the logs of some partitions grow, shrink, fail, or give records. */
  #write(): void {
    for (const topic of names) {
      for (let partitionIndex = 0; partitionIndex < partitionsMax; partitionIndex++) {
        const key = `${topic}/${partitionIndex}`;
        const before = this.#truth.get(key) ?? emptyRead;
        this.#truth.set(key, {
          ...emptyRead,
          partitionIndex,
          highWatermark: before.highWatermark + (this.#chance(0.1) ? 1 : 0),
          logStartOffset: before.logStartOffset + (this.#chance(0.05) ? 1 : 0),
          errorCode: this.#chance(0.05) ? ErrorCode.NOT_LEADER_OR_FOLLOWER : 0,
          records: this.#chance(0.1) ? Buffer.from("some") : null,
        });
      }
    }
  }

  #fetch(): void {
    this.#nowMs += this.random.uint32() % 200_000;
    const wanted = [...this.#wanted.values()].flatMap((items) => [...items.values()]);
    for (let at = wanted.length - 1; at > 0; at--) {
      const other = this.random.uint32() % (at + 1);
      [wanted[at], wanted[other]] = [wanted[other]!, wanted[at]!];
    }
    const { version } = this;
    const asked = this.client.request(wanted, version);
    const { request, response } = apis.Fetch;
    const bytes = encodeMessage(request, version, { replicaId: -1, ...asked });
    if (this.#chance(0.05)) {
      this.client.failed();
      return;
    }
    const answer = this.#serve(decodeMessage<FetchRequest>(request, version, bytes), wanted);
    if (this.#chance(0.05)) {
      this.client.failed();
      return;
    }
    const heard = decodeMessage<FetchResponse>(response, version, encodeMessage(response, version, answer));
    if (heard.errorCode !== ErrorCode.NONE) {
      this.client.refused(heard.errorCode);
      return;
    }
    const told = this.client.answered(heard);
    expect(told).not.toBe(null);
    this.#listen(told!, wanted);
  }

  #serve(request: FetchRequest, wanted: readonly WantedPartition[]): FetchResponse {
    const byId = this.version >= 13;
    const scope = this.broker.open(request, byId, this.#nowMs);
    if (typeof scope === "string") return sessionRefusal(scope);
    this.accepted += 1;
    if (request.sessionEpoch > 0) this.incremental += 1;
    const line = (place: string, item: Omit<WantedPartition, "topic" | "topicId">): string => {
      // Leader epochs are told from version 9 on.
      const epoch = this.version < 9 ? "" : item.currentLeaderEpoch;
      return [place, item.partition, item.fetchOffset, epoch, item.partitionMaxBytes].join(" ");
    };
    const read = scope.topics.flatMap(({ topic, topicId, partitions }) =>
      partitions.map((item) => line(byId ? topicId : topic, item)),
    );
    const due = wanted.map((item) => line(byId ? item.topicId : item.topic, item));
    expect(read.sort()).toEqual(due.sort());
    const told = scope.topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition }) => {
        return this.#truth.get(`${byId ? this.#nameOf(topicId) : topic}/${partition}`)!;
      }),
    }));
    const answer = scope.answer(told, this.#nowMs);
    return { throttleTimeMs: 0, errorCode: 0, nodeEndpoints: [], ...answer };
  }

  #nameOf(topicId: string): string {
    return [...this.#ids].find(([, id]) => id === topicId)![0];
  }

  #listen(told: Told, wanted: readonly WantedPartition[]): void {
    for (const { topic, partition } of wanted) {
      const key = `${topic}/${partition}`;
      const truth = this.#truth.get(key)!;
      const news = told.of(topic, partition);
      expect(news).not.toBe("missing");
      if (typeof news === "string") {
        this.quiet += 1;
        expect([truth.errorCode, truth.records]).toEqual([0, null]);
        expect(this.#known.get(key)?.highWatermark).toBe(truth.highWatermark);
        if (this.version >= 5) expect(this.#known.get(key)?.logStartOffset).toBe(truth.logStartOffset);
      } else {
        expect([news.errorCode, news.highWatermark]).toEqual([truth.errorCode, truth.highWatermark]);
        this.#known.set(key, truth);
      }
    }
  }
}

describe("the two ends of a fetch session", () => {
  it("agree on what is read, whatever is lost", () => {
    let incremental = 0;
    let quiet = 0;
    const run = (seed: number): void => {
      const scene = new Scene(seed);
      for (let step = 0; step < steps; step++) scene.step();
      expect(scene.accepted).toBeGreaterThan(steps / 3);
      incremental += scene.incremental;
      quiet += scene.quiet;
    };
    fc.assert(fc.property(fc.integer({ min: 1, max: 1_000_000_000 }), run), { numRuns: 60 });
    // Otherwise the test would say nothing about sessions.
    expect(incremental).toBeGreaterThan(60 * (steps / 4));
    expect(quiet).toBeGreaterThan(incremental);
  });
});
