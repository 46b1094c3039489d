// test: what a follower does with the parts it is sent.
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../proto/errors.ts";
import type { PullPart } from "../../proto/peer/peer-api.ts";
import { MemoryDisk, MemoryLog } from "../../test/replication/memory-log.ts";
import { namedBatch } from "../../test/replication/named-batch.ts";
import { VirtualTime } from "../../test/replication/virtual-time.ts";
import { FollowerRole } from "./follower-role.ts";
import type { RoleHost } from "./replica-context.ts";
import type { ReplicationEvent } from "./replication-ports.ts";

function setup(epochs: number[]) {
  const clock = new VirtualTime().clock(() => true);
  const log = new MemoryLog(new MemoryDisk(), clock, () => 1);
  for (const leaderEpoch of epochs) log.appendAsLeader(namedBatch(1, 10), { leaderEpoch });
  const events: ReplicationEvent[] = [];
  const errors: string[] = [];
  const quiet = () => {};
  const context = {
    metrics: { truncations: { add: quiet }, truncatedRecords: { add: quiet } },
    log: { debug: quiet, info: quiet, warn: quiet, error: (_: unknown, text: string) => errors.push(text) },
    onEvent: (event: ReplicationEvent) => events.push(event),
  };
  const host = {
    id: { topicId: "t", topicName: "flights", partition: 0 },
    config: { flushPolicy: "durable" },
    context,
    changed: quiet,
    storageFailed: () => false,
  } as unknown as RoleHost;
  const start = (highWatermark: number) => {
    const role = new FollowerRole({ host, log, leaderId: 1, leaderEpoch: 9, highWatermark });
    role.startRound(4);
    return role;
  };
  const part = (change: Partial<PullPart>): PullPart => ({
    topicId: "t",
    partition: 0,
    leaderEpoch: 9,
    round: 4,
    errorCode: 0,
    highWatermark: 0,
    logStartOffset: 0,
    divergingEpoch: -1,
    divergingEnd: -1,
    readOffset: log.end,
    records: new Uint8Array(0),
    ...change,
  });
  const records = (at: number): Uint8Array => {
    const bytes = namedBatch(2, 5);
    new DataView(bytes.buffer).setBigInt64(0, BigInt(at));
    bytes[15] = 9;
    return bytes;
  };
  return { log, start, part, records, events, errors };
}

describe("a follower", () => {
  it("that begins inside a batch takes all of it, and begins there all the same", () => {
    const { log, start, part, records, errors } = setup([]);
    log.truncateFullyAndStartAt(102);
    const role = start(102);
    expect(role.receive(part({ records: records(100), logStartOffset: 102, highWatermark: 200 }))).toBe(
      "progress",
    );
    expect([log.startOffset, log.end]).toEqual([102, 105]);
    expect(errors).toEqual([]);
  });

  it("appends where its log ends, and knows the high watermark as far as it holds records", () => {
    const { log, start, part, records } = setup([1]);
    const role = start(3);
    expect(role.receive(part({ records: records(10), highWatermark: 100 }))).toBe("progress");
    expect(log.end).toBe(15);
    expect(role.highWatermark).toBe(15);
    expect(role.receive(part({ highWatermark: 7 }))).toBe("none");
    expect(role.highWatermark).toBe(15);
    expect(role.position()).toMatchObject({ readOffset: 15, lastEpoch: 9, durableOffset: 0, round: 4 });
  });

  it("takes nothing from another round, and asks again when sent what does not fit", () => {
    const { log, start, part, records } = setup([1]);
    const role = start(0);
    expect(role.receive(part({ round: 3, records: records(10) }))).toBe("none");
    expect(role.receive(part({ readOffset: 12, records: records(12) }))).toBe("askAgain");
    expect(log.end).toBe(10);
  });

  it("cuts by epoch, below its high watermark only with an outcry", () => {
    const { log, start, part, events, errors } = setup([1, 2, 3]);
    const role = start(20);
    expect(role.receive(part({ divergingEpoch: 2, divergingEnd: 40 }))).toBe("askAgain");
    expect([log.end, role.highWatermark, errors.length]).toEqual([20, 20, 0]);
    expect(role.receive(part({ divergingEpoch: 1, divergingEnd: 10 }))).toBe("askAgain");
    expect([log.end, role.highWatermark, errors.length]).toEqual([10, 10, 1]);
    expect(events).toMatchObject([
      { kind: "truncated", from: 30, to: 20, belowHighWatermark: false },
      { kind: "truncated", from: 20, to: 10, belowHighWatermark: true },
    ]);
  });

  it("starts anew at the start of a leader whose log begins after its own ends", () => {
    const { log, start, part } = setup([1]);
    const role = start(10);
    const errorCode = ErrorCode.OFFSET_OUT_OF_RANGE;
    expect(role.receive(part({ errorCode, logStartOffset: 50, divergingEnd: 80 }))).toBe("askAgain");
    expect([log.startOffset, log.end, role.highWatermark]).toEqual([50, 50, 50]);
    expect(role.position().lastEpoch).toBe(-1);
  });

  it("keeps nothing that only a leader which removed it could vouch for", () => {
    const { log, start, part } = setup([1, 1, 2]);
    const role = start(2);
    const { end } = log;
    expect(role.receive(part({ logStartOffset: end, highWatermark: end }))).toBe("askAgain");
    expect([log.startOffset, log.end, role.highWatermark]).toEqual([end, end, end]);
    // Then it is where the leader is.
    expect(role.receive(part({ logStartOffset: end, highWatermark: end }))).toBe("none");
  });

  it("forgets an epoch in which it led and wrote nothing", () => {
    const { log, start, part, records } = setup([1]);
    log.assignEpoch(5, 10);
    const role = start(0);
    expect(log.lastEpoch).toBe(1);
    expect(role.receive(part({ records: records(10) }))).toBe("progress");
  });

  it("waits when the leader can't serve it", () => {
    const { start, part } = setup([1]);
    expect(start(0).receive(part({ errorCode: ErrorCode.FENCED_LEADER_EPOCH }))).toBe("pause");
  });
});
