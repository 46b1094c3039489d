// shell: the lanes of the partitions that are owned, by place; how they begin, and how they end in bounded
// time. Keeps true: of a partition there is one lane, that of the generation read last; a generation that
// is over does not come back.
import type { Clock } from "../../base/ports/clock.ts";
import { deferred } from "../../base/waits.ts";
import { type Job, RunLane } from "./jobs.ts";
import type { PlannedTopic } from "./retry-plan.ts";
import type { RunBatch, RunPlace } from "./run-source.ts";
import type { WorkOrder } from "./work-order.ts";

export class LaneTable<R> {
  readonly #clock: Clock;
  readonly #order: WorkOrder<Job<R>>;
  readonly #bounds: { readonly graceMs: number; readonly closeTimeoutMs: number };
  readonly #lanes = new Map<string, RunLane<R>>();
  /** Generations that are over, one a partition. */
  readonly #over = new Map<string, number>();

  constructor(
    clock: Clock,
    order: WorkOrder<Job<R>>,
    bounds: { readonly graceMs: number; readonly closeTimeoutMs: number },
  ) {
    this.#clock = clock;
    this.#order = order;
    this.#bounds = bounds;
  }

  /**
   * Where the records of the batch belong; null: they are of a generation that is over, or about to be. The
   * lane of another generation must have been retired before.
   */
  open(batch: RunBatch<R>, topic: PlannedTopic): RunLane<R> | null {
    const key = keyOf(batch);
    if (this.#over.get(key) === batch.generation) return null;
    const known = this.#lanes.get(key);
    if (known !== undefined) return known.isClosed || known.generation !== batch.generation ? null : known;
    const lane = new RunLane<R>(batch, topic);
    this.#lanes.set(key, lane);
    return lane;
  }

  find(place: RunPlace): RunLane<R> | null {
    return this.#lanes.get(keyOf(place)) ?? null;
  }

  all(): RunLane<R>[] {
    return [...this.#lanes.values()];
  }

  /** Of lanes that only wait for their time: not counted, so that they keep nobody from being read. */
  heldBytes(nowMs: number): number {
    let bytes = 0;
    for (const lane of this.#lanes.values()) {
      const untilMs = this.#order.waitsUntilMs(lane);
      if (untilMs === null || untilMs <= nowMs) bytes += lane.prefix.heldBytes;
    }
    return bytes;
  }

  /** Is a handler in work that somebody waits for? */
  isHandling(): boolean {
    for (const lane of this.#lanes.values()) {
      for (const call of lane.calls) if (!call.isOver) return true;
    }
    return false;
  }

  /** Begins nothing more of them, and resolves once nothing is in work, or when nobody waits any longer. */
  async drain(lanes: readonly RunLane<R>[]): Promise<void> {
    for (const lane of lanes) this.#order.close(lane);
    const busy = lanes.filter((lane) => lane.running > 0);
    if (busy.length === 0) return;
    const over = deferred<void>();
    let left = busy.length;
    for (const lane of busy) {
      lane.onIdle.add(() => {
        left--;
        if (left === 0) over.resolve();
      });
    }
    const { graceMs, closeTimeoutMs } = this.#bounds;
    const grace = this.#clock.after(graceMs, () => {
      for (const lane of busy) lane.abort();
    });
    const end = this.#clock.after(closeTimeoutMs, () => over.resolve());
    await over.promise;
    grace.cancel();
    end.cancel();
  }

  /** From now on what its handlers say is ignored. */
  retire(lane: RunLane<R>): void {
    if (lane.isRetired) return;
    lane.isRetired = true;
    this.#order.giveUp(lane);
    const key = keyOf(lane.place);
    this.#over.set(key, lane.generation);
    if (this.#lanes.get(key) === lane) this.#lanes.delete(key);
    lane.abort();
    lane.tellIfIdle();
  }
}

function keyOf(place: RunPlace): string {
  return `${place.topic} ${place.partition}`;
}
