// test: which work is begun when, under random arrivals, ends, delays and givings-up: order within chains,
// bounds on what is in work and how far ahead, and that everything is done in the end.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { chainOf, type GivenWork, type RunOrder, type Work, WorkLane, WorkOrder } from "./work-order.ts";

interface Job {
  readonly lane: number;
  readonly offset: number;
  readonly chain: string | null;
  isDone: boolean;
}

function live(seed: number): void {
  const random = new SeededRandom(seed);
  const below = (end: number): number => random.below(end);
  const concurrency = 1 + below(8);
  const gap = { gapRecords: 1 + below(20), gapBytes: 1 + below(300) };
  const kind = (["key", "partition", "none"] as const)[below(3)]!;
  const order = new WorkOrder<Job>({ concurrency, ...gap });
  const lanes = Array.from({ length: 1 + below(4) }, () => new WorkLane<Job>());
  const given: Job[][] = lanes.map(() => []);
  const running: Work<Job>[] = [];
  let nowMs = 0;
  const arrive = (at: number): void => {
    const jobs = given[at]!;
    const works: GivenWork<Job>[] = Array.from({ length: below(6) }, () => {
      const key = below(4) === 0 ? null : Buffer.from([below(5)]);
      const chain = chainOf(kind, key);
      const job = { lane: at, offset: jobs.length, chain, isDone: false };
      jobs.push(job);
      const notBeforeMs = below(5) === 0 ? nowMs + below(50) : 0;
      return { job, offset: job.offset, bytes: below(100), chain, notBeforeMs };
    });
    order.add(lanes[at]!, works, jobs.length, nowMs);
  };
  const begin = (): void => {
    for (;;) {
      const work = order.take(nowMs);
      if (work === null) return;
      running.push(work);
      const { job } = work;
      expect(running.length).toBeLessThanOrEqual(concurrency);
      expect(work.notBeforeMs).toBeLessThanOrEqual(nowMs);
      const earlier = given[job.lane]!.slice(0, job.offset);
      const inTheWay = earlier.filter(
        (other) => !other.isDone && job.chain !== null && other.chain === job.chain,
      );
      expect(inTheWay).toEqual([]);
      const lowest = given[job.lane]!.find((other) => !other.isDone)!;
      expect(job.offset - lowest.offset).toBeLessThan(gap.gapRecords);
    }
  };
  const end = (): void => {
    const work = running.splice(below(running.length), 1)[0]!;
    if (below(4) === 0) {
      order.delay(work, nowMs + below(30), nowMs);
      return;
    }
    work.job.isDone = true;
    const told = order.finish(work, nowMs);
    const jobs = given[work.job.lane]!;
    const open = jobs.findIndex((job) => !job.isDone);
    const doneTo = open < 0 ? jobs.length : open;
    expect(lanes[work.job.lane]!.prefix.end ?? 0).toBe(doneTo);
    if (told !== null) expect(told).toBe(doneTo);
  };
  for (let step = 0; step < 200; step++) {
    const draw = below(4);
    if (draw === 0) arrive(below(lanes.length));
    if (draw === 1) nowMs += below(20);
    if (draw > 1 && running.length > 0) end();
    begin();
  }
  for (let rounds = 0; rounds < 100_000; rounds++) {
    begin();
    if (running.length > 0) end();
    else if (order.nextDueMs() === Number.POSITIVE_INFINITY) break;
    else nowMs = Math.max(nowMs, order.nextDueMs());
  }
  expect(given.flat().filter((job) => !job.isDone)).toEqual([]);
  expect([order.running, order.take(nowMs)]).toEqual([0, null]);
  for (const lane of lanes) expect([lane.tails.size, lane.prefix.held, lane.delayed.size]).toEqual([0, 0, 0]);
}

/** Works of one lane with these chains, at offsets 0 and on. */
function works(chains: readonly (string | null)[]): GivenWork<string>[] {
  return chains.map((chain, offset) => ({
    job: `${chain}${offset}`,
    offset,
    bytes: 1,
    chain,
    notBeforeMs: 0,
  }));
}

function takeAll(order: WorkOrder<string>, nowMs = 0): Work<string>[] {
  const taken: Work<string>[] = [];
  for (let work = order.take(nowMs); work !== null; work = order.take(nowMs)) taken.push(work);
  return taken;
}

const jobs = (taken: readonly Work<string>[]): string[] => taken.map((work) => work.job);

describe("the order of work", () => {
  it("keeps chains in order and everything within its bounds, and does all in the end", () => {
    const numRuns = Number(process.env.CLIENT_RUNS ?? 60);
    fc.assert(fc.property(fc.integer({ min: 1, max: 1_000_000 }), live), { numRuns, endOnFailure: true });
  });

  it("lets the others of a partition go on while one key waits for its retry", () => {
    const order = new WorkOrder<string>({ concurrency: 10, gapRecords: 100, gapBytes: 100 });
    const lane = new WorkLane<string>();
    order.add(lane, works(["a", "a", "b", null]), 4, 0);
    const [first, ...others] = takeAll(order);
    expect(jobs([first!, ...others])).toEqual(["a0", "b2", "null3"]);
    order.delay(first!, 50, 0);
    for (const work of others) expect(order.finish(work, 0)).toBe(null);
    expect([takeAll(order, 49), order.nextDueMs(), order.waitsUntilMs(lane)]).toEqual([[], 50, 50]);
    expect(jobs(takeAll(order, 50))).toEqual(["a0"]);
    expect(order.finish(first!, 50)).toBe(1);
    const [last] = takeAll(order, 50);
    expect(last!.job).toBe("a1");
    expect(order.finish(last!, 50)).toBe(4);
  });

  it("gives every partition its turn", () => {
    const order = new WorkOrder<string>({ concurrency: 4, gapRecords: 100, gapBytes: 100 });
    const lanes = [new WorkLane<string>(), new WorkLane<string>()];
    order.add(lanes[0]!, works(Array(50).fill(null)), 50, 0);
    order.add(lanes[1]!, works(Array(50).fill(null)), 50, 0);
    const counts = (): number[] => lanes.map((lane) => lane.running);
    const taken = takeAll(order);
    expect(counts()).toEqual([2, 2]);
    order.finish(taken[0]!, 0);
    order.finish(taken[1]!, 0);
    takeAll(order);
    expect(counts()).toEqual([2, 2]);
  });

  it("begins nothing of a partition that is closed, and counts nothing of one that was given up", () => {
    const order = new WorkOrder<string>({ concurrency: 2, gapRecords: 100, gapBytes: 100 });
    const [gone, kept] = [new WorkLane<string>(), new WorkLane<string>()];
    order.add(gone, works(["a", "a", "b", "c"]), 4, 0);
    const [first, second] = takeAll(order);
    order.delay(second!, 10, 0);
    const third = takeAll(order)[0]!;
    expect(third.job).toBe("c3");
    order.close(gone);
    expect(order.nextDueMs()).toBe(Number.POSITIVE_INFINITY);
    expect(order.finish(first!, 0)).toBe(1);
    expect(takeAll(order, 100)).toEqual([]);
    expect(order.add(gone, works(["d"]), 9, 0)).toBe(null);
    order.giveUp(gone);
    expect(order.running).toBe(0);
    order.add(kept, works([null, null, null]), 3, 0);
    const two = takeAll(order);
    expect(two.length).toBe(2);
    // What is said of the old lane changes nothing.
    expect(order.finish(third, 0)).toBe(null);
    order.delay(third, 0, 0);
    order.abandon(third);
    expect(order.running).toBe(2);
  });

  it("does joined works together", () => {
    const order = new WorkOrder<string>({ concurrency: 2, gapRecords: 100, gapBytes: 100 });
    const lane = new WorkLane<string>();
    order.add(lane, works(["p", "p", "p"]), 3, 0);
    const [first] = takeAll(order);
    order.join(first!, order.nextOf(first!, 0)!);
    expect(order.finish(first!, 0)).toBe(2);
    const [last] = takeAll(order);
    expect([last!.job, order.nextOf(last!, 0)]).toEqual(["p2", null]);
    order.add(
      lane,
      works(["p"]).map((work) => ({ ...work, offset: 3 })),
      9,
      0,
    );
    order.join(last!, order.nextOf(last!, 0)!);
    expect(order.finish(last!, 0)).toBe(9);
    expect(lane.tails.size).toBe(0);
  });

  it("tells chains apart by bytes", () => {
    const chain = (order: RunOrder, key: string | null): string | null =>
      chainOf(order, key === null ? null : Buffer.from(key, "latin1"));
    expect(chain("none", "a")).toBe(null);
    expect(chain("partition", "a")).toBe(chain("partition", null));
    const keys = [null, "", "no key", "a", "\xff\xfe", "\xff\xfd"];
    expect(new Set(keys.map((key) => chain("key", key))).size).toBe(keys.length);
  });
});
