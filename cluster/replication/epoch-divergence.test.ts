// test: logs with histories of leader epochs meet, and the rounds of cutting end where they agree.
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../test/replication/virtual-time.ts";
import { cutForDivergence, epochOfLastRecord, judgePosition, repairOutOfRange } from "./epoch-divergence.ts";

/** One epoch an offset. */
class EpochLog {
  epochs: number[];
  startOffset: number;

  constructor(epochs: number[], startOffset = 0) {
    this.epochs = epochs;
    this.startOffset = startOffset;
  }

  get end(): number {
    return this.startOffset + this.epochs.length;
  }

  epochAt(offset: number): number {
    return this.epochs[offset - this.startOffset] ?? -1;
  }

  endOfEpoch(epoch: number): { epoch: number; end: number } {
    const found = this.epochs.filter((one) => one <= epoch).at(-1);
    if (found === undefined) return { epoch: -1, end: -1 };
    return { epoch: found, end: this.startOffset + this.epochs.lastIndexOf(found) + 1 };
  }

  cut(end: number): void {
    this.epochs.length = Math.max(0, end - this.startOffset);
  }
}

function settle(leader: EpochLog, follower: EpochLog): number {
  for (let round = 0; round < 50; round++) {
    const verdict = judgePosition(leader, follower.end, epochOfLastRecord(follower));
    if (verdict.kind === "agrees") return round;
    if (verdict.kind === "diverges") {
      const cut = cutForDivergence(follower, verdict.epoch, verdict.end);
      expect(cut).toBeLessThan(follower.end);
      follower.cut(cut);
      continue;
    }
    const repair = repairOutOfRange(follower, leader.startOffset, leader.end);
    if (repair.kind === "cutTo") follower.cut(repair.offset);
    else {
      follower.epochs = [];
      follower.startOffset = repair.offset;
    }
  }
  throw new Error("the rounds do not end");
}

describe("finding where two logs part", () => {
  it("keeps what agrees, whatever the high watermark", () => {
    const follower = new EpochLog([0, 0, 0]);
    expect(settle(new EpochLog([0, 0, 0, 1, 1]), follower)).toBe(0);
    expect(follower.end).toBe(3);
  });

  it("cuts the tail of an epoch that the leader ended earlier", () => {
    const follower = new EpochLog([0, 0, 0, 0]);
    settle(new EpochLog([0, 0, 1, 1, 1, 1]), follower);
    expect(follower.epochs).toEqual([0, 0]);
  });

  it("cuts epochs that the leader never had (KIP-279's case of fast leader changes)", () => {
    const follower = new EpochLog([0, 0, 2, 2, 2]);
    settle(new EpochLog([0, 0, 1, 1, 3, 3]), follower);
    expect(follower.epochs).toEqual([0, 0]);
  });

  it("takes several rounds where the epochs interleave", () => {
    const follower = new EpochLog([0, 1, 3, 5, 7]);
    expect(settle(new EpochLog([0, 2, 4, 6, 8]), follower)).toBeGreaterThan(1);
    expect(follower.epochs).toEqual([0]);
  });

  it("starts anew where the leader's log starts after its own ends", () => {
    const follower = new EpochLog([0, 0, 0]);
    settle(new EpochLog([4, 4], 10), follower);
    expect([follower.startOffset, follower.end]).toEqual([10, 10]);
  });

  it("starts anew when it shares no epoch with the leader", () => {
    const follower = new EpochLog(Array<number>(20).fill(1));
    settle(new EpochLog([4, 4], 10), follower);
    expect([follower.startOffset, follower.end]).toEqual([10, 10]);
  });

  it.each([{ leads: [4, 4] }, { leads: [] }])(
    "starts anew where the leader's log starts just at its end, with another epoch: $leads",
    ({ leads }) => {
      const follower = new EpochLog([1, 1, 1, 2], 6);
      settle(new EpochLog(leads, 10), follower);
      expect([follower.startOffset, follower.end]).toEqual([10, 10]);
    },
  );

  it("cuts to the leader's end, empty or not", () => {
    const follower = new EpochLog([1, 1, 1, 1]);
    settle(new EpochLog([1, 1]), follower);
    expect(follower.epochs).toEqual([1, 1]);
    const empty = new EpochLog([1, 1, 1, 1]);
    settle(new EpochLog([]), empty);
    expect(empty.end).toBe(0);
  });

  it("always ends with a prefix of the leader's log (1000 random pairs)", () => {
    const random = new SeededRandom(7);
    for (let run = 0; run < 1000; run++) {
      const shared = grow(random, [], 0);
      const leader = new EpochLog(grow(random, shared, 100));
      const whole = leader.epochs;
      leader.startOffset = random.between(0, 2) === 0 ? random.between(0, whole.length) : 0;
      leader.epochs = whole.slice(leader.startOffset);
      // Two leaders never share an epoch: odd ones here, even ones there.
      const follower = new EpochLog(grow(random, shared, 101));
      settle(leader, follower);
      expect(whole.slice(follower.startOffset, follower.end)).toEqual(follower.epochs);
      expect(follower.end).toBeGreaterThanOrEqual(Math.min(shared.length, leader.end));
    }
  });
});

function grow(random: SeededRandom, from: number[], firstEpoch: number): number[] {
  const epochs = [...from];
  let epoch = firstEpoch;
  const runs = random.between(0, 4);
  for (let run = 0; run < runs; run++) {
    const length = random.between(1, 4);
    for (let count = 0; count < length; count++) epochs.push(epoch);
    epoch += 2 * random.between(1, 2);
  }
  return epochs;
}
