// core: which record is to be worked on next. Records of a partition stand in chains: those of one chain
// are begun one after the other, chains beside each other; over all partitions no more than `concurrency`
// are in work. Partitions take turns. Keeps true: a record is begun only when every earlier one of its
// chain is done, also while that one waits to be tried again; and never too far ahead of the first that is
// not done.
//
//     waiting --first of its chain--> ready or delayed --take--> running --finish--> done
//                                          ^---------delay----------'  '--abandon--> (never done)
import { MinHeap } from "../../base/min-heap.ts";
import { ProcessedPrefix } from "./processed-prefix.ts";

/** How records that come from one partition follow each other. */
export type RunOrder = "key" | "partition" | "none";

/** One piece of work as it is given: a record, or several that are worked on together. */
export interface GivenWork<Job> {
  readonly job: Job;
  /** Of its (last) record. */
  readonly offset: number;
  readonly bytes: number;
  /** Null: in no chain, it waits for nobody. */
  readonly chain: string | null;
  /** Monotonic time before which it is not begun; 0: at once. */
  readonly notBeforeMs: number;
}

export interface Work<Job> extends GivenWork<Job> {
  readonly lane: WorkLane<Job>;
  readonly index: number;
  notBeforeMs: number;
  state: "waiting" | "ready" | "delayed" | "running" | "over";
  /** The one behind it in its chain. */
  next: Work<Job> | null;
  /** Works that were joined to it and are done with it. */
  readonly joined: Work<Job>[];
}

/** What is to be done of one partition, while it is owned. */
export class WorkLane<Job> {
  readonly prefix = new ProcessedPrefix();
  readonly ready = new MinHeap<Work<Job>>((a, b) => a.index < b.index);
  /** Last work of each chain that is not through. */
  readonly tails = new Map<string, Work<Job>>();
  readonly delayed = new Set<Work<Job>>();
  running = 0;
  isClosed = false;
}

export class WorkOrder<Job> {
  readonly #concurrency: number;
  readonly #gap: { readonly records: number; readonly bytes: number };
  /** Lanes that may have something to begin, the one whose turn it is first. */
  readonly #turns = new Set<WorkLane<Job>>();
  readonly #delayed = new MinHeap<Work<Job>>((a, b) => a.notBeforeMs < b.notBeforeMs);
  #running = 0;

  constructor(options: { concurrency: number; gapRecords: number; gapBytes: number }) {
    this.#concurrency = options.concurrency;
    this.#gap = { records: options.gapRecords, bytes: options.gapBytes };
  }

  get running(): number {
    return this.#running;
  }

  /**
   * More of a lane, in the order of offsets; there is nothing else below `nextOffset`. Answers the end of
   * what is done when that moved: with nothing given, all of it may be.
   */
  add(
    lane: WorkLane<Job>,
    given: readonly GivenWork<Job>[],
    nextOffset: number,
    nowMs: number,
  ): number | null {
    if (lane.isClosed) return null;
    for (const item of given) {
      const index = lane.prefix.enter(item.offset, item.bytes);
      const work: Work<Job> = { ...item, lane, index, state: "waiting", next: null, joined: [] };
      const tail = work.chain === null ? undefined : lane.tails.get(work.chain);
      if (work.chain !== null) lane.tails.set(work.chain, work);
      if (tail === undefined) this.#unlock(work, nowMs);
      else tail.next = work;
    }
    return lane.prefix.reachTo(nextOffset);
  }

  /** What is to be begun now; null: nothing for the moment. */
  take(nowMs: number): Work<Job> | null {
    this.#wakeDue(nowMs);
    if (this.#running >= this.#concurrency) return null;
    for (const lane of this.#turns) {
      this.#turns.delete(lane);
      const work = lane.isClosed ? null : lane.ready.peek();
      if (work === null || !lane.prefix.isNear(work.index, this.#gap)) continue;
      lane.ready.pop();
      if (lane.ready.size > 0) this.#turns.add(lane);
      work.state = "running";
      lane.running++;
      this.#running++;
      return work;
    }
    return null;
  }

  /** The next one of its chain, if only this one stands in its way: it can be joined. */
  nextOf(work: Work<Job>, nowMs: number): Work<Job> | null {
    const { next } = work;
    return work.state === "running" && next !== null && next.notBeforeMs <= nowMs ? next : null;
  }

  /** What `nextOf` answered is done together with it from now on. */
  join(work: Work<Job>, next: Work<Job>): void {
    work.next = next.next;
    if (work.chain !== null && work.next === null) work.lane.tails.set(work.chain, work);
    next.next = null;
    next.state = "over";
    work.joined.push(next);
  }

  /**
   * It is to be tried again, not before `untilMs`; those behind it in its chain wait. Gives its place free.
   */
  delay(work: Work<Job>, untilMs: number, nowMs: number): void {
    if (!this.#leave(work)) return;
    work.notBeforeMs = untilMs;
    if (!work.lane.isClosed) this.#unlock(work, nowMs);
  }

  /** Answers the end of what is done when that moved. */
  finish(work: Work<Job>, nowMs: number): number | null {
    if (!this.#leave(work)) return null;
    work.state = "over";
    const { lane, chain, next } = work;
    if (chain !== null && next === null) lane.tails.delete(chain);
    if (next !== null && !lane.isClosed) this.#unlock(next, nowMs);
    work.next = null;
    let end = lane.prefix.done(work.index);
    for (const { index } of work.joined) end = lane.prefix.done(index) ?? end;
    if (lane.ready.size > 0 && !lane.isClosed) this.#turns.add(lane);
    return end;
  }

  /** It ends without being done: neither it nor what stands behind it in its chain is begun again. */
  abandon(work: Work<Job>): void {
    if (this.#leave(work)) work.state = "over";
  }

  /** Nothing of the lane is begun any more. What runs may still finish. */
  close(lane: WorkLane<Job>): void {
    lane.isClosed = true;
    this.#turns.delete(lane);
    if (lane.delayed.size > 0) this.#delayed.takeUnless((work) => work.lane !== lane);
    lane.delayed.clear();
  }

  /** Nobody waits for what still runs of the (closed) lane: it does not count as running any more. */
  giveUp(lane: WorkLane<Job>): void {
    this.close(lane);
    this.#running -= lane.running;
    lane.running = 0;
  }

  /** When something that is delayed may be begun; infinity: nothing is. */
  nextDueMs(): number {
    return this.#delayed.peek()?.notBeforeMs ?? Number.POSITIVE_INFINITY;
  }

  /**
   * When the lane goes on, if all that stands in its way is time; null: something else does, or nothing.
   * Where several wait, the one that began to wait first speaks for all: near enough to decide whether to
   * fetch.
   */
  waitsUntilMs(lane: WorkLane<Job>): number | null {
    if (lane.running > 0 || lane.ready.size > 0) return null;
    for (const work of lane.delayed) return work.notBeforeMs;
    return null;
  }

  /** False: it does not run, or its lane was given up. */
  #leave(work: Work<Job>): boolean {
    if (work.state !== "running" || work.lane.running === 0) return false;
    work.state = "waiting";
    work.lane.running--;
    this.#running--;
    return true;
  }

  /** Nothing before it stands in its way. */
  #unlock(work: Work<Job>, nowMs: number): void {
    if (work.notBeforeMs > nowMs) {
      work.state = "delayed";
      work.lane.delayed.add(work);
      this.#delayed.push(work);
      return;
    }
    work.state = "ready";
    work.lane.ready.push(work);
    this.#turns.add(work.lane);
  }

  #wakeDue(nowMs: number): void {
    for (;;) {
      const work = this.#delayed.peek();
      if (work === null || work.notBeforeMs > nowMs) return;
      this.#delayed.pop();
      work.lane.delayed.delete(work);
      this.#unlock(work, nowMs);
    }
  }
}

/** In which chain a record stands. Records without a key follow each other, as if they had one in common. */
export function chainOf(order: RunOrder, key: Uint8Array | null): string | null {
  if (order === "none") return null;
  if (order === "partition") return "";
  if (key === null) return "no key";
  return `key ${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1")}`;
}
