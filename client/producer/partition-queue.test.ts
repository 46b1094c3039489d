// test: the rules of one partition's queue, each by itself: who may go out, what a gap does, when a number is
// given anew and when never.
import { describe, expect, it } from "vitest";
import type { Batch } from "./batch.ts";
import { PartitionQueue } from "./partition-queue.ts";
import type { Outgoing } from "./record.ts";

const settings = {
  batchBytes: 100,
  lingerMs: 0,
  deliveryTimeoutMs: 1_000,
  maxInFlight: 5,
  idempotent: true,
};
const one = { name: "one" };
const other = { name: "other" };

function record(): Outgoing {
  const value = Buffer.alloc(80);
  return { topic: "t", partition: 0, key: null, value, timestamp: 1, onDelivered: () => {}, bytes: 100 };
}

/** A queue of `count` closed batches of one record each. */
function queueOf(count: number, changes: Partial<typeof settings> = {}): PartitionQueue {
  const queue = new PartitionQueue({ topic: "t", partition: 0 }, { ...settings, ...changes });
  if (changes.idempotent !== false) queue.adopt({ producerId: 7, epoch: 0 });
  for (let n = 0; n < count; n++) queue.append(record(), n);
  return queue;
}

function send(queue: PartitionQueue, carrier: object = one, nowMs = 10): Batch | null {
  const batch = queue.sendable(carrier, nowMs, false);
  if (batch !== null) queue.begin(batch, carrier);
  return batch;
}

/** A queue whose broker knows the producer: one batch was acknowledged. */
function known(count: number): PartitionQueue {
  const queue = queueOf(count + 1);
  queue.succeeded(send(queue)!, 10);
  return queue;
}

describe("a queue of one partition", () => {
  it("sends one batch until the broker knows the producer, then up to five", () => {
    const queue = queueOf(8);
    const first = send(queue)!;
    expect(send(queue)).toBeNull();
    queue.succeeded(first, 10);
    const sequences = Array.from({ length: 7 }, () => send(queue)?.sequence ?? null);
    expect(sequences).toEqual([1, 2, 3, 4, 5, null, null]);
  });

  it("tries again at once with a new leader, and after its pause with the same", () => {
    const queue = queueOf(1);
    queue.led(1);
    queue.retry(send(queue)!, 500);
    queue.led(1);
    expect(send(queue, one, 499)).toBeNull();
    queue.led(2);
    expect(send(queue, other, 20)).not.toBeNull();
  });

  it("waits for a batch that travels on another connection", () => {
    const queue = known(2);
    send(queue, one);
    expect(send(queue, other)).toBeNull();
    expect(send(queue, one)).not.toBeNull();
  });

  it("keeps the number of a batch through its retries, and lets nothing pass it", () => {
    const queue = known(3);
    const [first, second] = [send(queue)!, send(queue)!];
    queue.retry(first, 50);
    expect(send(queue, one, 20)).toBeNull();
    expect(queue.outOfOrder(second, 60)).toBe("retry");
    expect(send(queue, one, 50)).toBe(first);
    expect([first.sequence, second.sequence]).toEqual([1, 2]);
    expect(send(queue, one, 50)).toBe(second);
  });

  it("numbers the later ones anew, under the next epoch, when one is refused for good", () => {
    const queue = known(3);
    const [first, second] = [send(queue)!, send(queue)!];
    queue.abandon(first);
    expect(send(queue), "nothing new crosses the gap").toBeNull();
    expect(queue.settle(), "while something travels nothing is settled").toEqual([]);
    expect(queue.outOfOrder(second, 10)).toBe("retry");
    expect(queue.settle()).toEqual([]);
    expect(queue.identity).toEqual({ producerId: 7, epoch: 1 });
    expect(send(queue)).toBe(second);
    expect([second.sequence, second.identity!.epoch]).toEqual([0, 1]);
  });

  it("never sends under a new number what may be in the log", () => {
    const queue = known(4);
    const [first, second, third] = [send(queue)!, send(queue)!, send(queue)!];
    queue.abandon(first);
    queue.outOfOrder(second, 10);
    third.mayHaveBeenWritten = true;
    queue.retry(third, 10);
    expect(queue.settle()).toEqual([third]);
    expect(queue.batches).not.toContain(third);
    expect(second.sequence).toBe(0);
    expect(send(queue)).toBe(second);
    queue.succeeded(second, 20);
    expect(send(queue)!.sequence, "the numbers have no hole").toBe(1);
  });

  it("asks about a doubtful batch under its old number first", () => {
    const queue = known(3);
    const [first, second] = [send(queue)!, send(queue)!];
    for (const batch of [first, second]) {
      batch.mayHaveBeenWritten = true;
      queue.retry(batch, 10);
    }
    queue.abandon(first);
    expect(queue.settle()).toEqual([]);
    expect(send(queue)).toBe(second);
    expect([second.sequence, second.identity!.epoch]).toEqual([2, 0]);
    expect(send(queue), "nothing else travels meanwhile").toBeNull();
    expect(queue.outOfOrder(second, 10), "absent now, but an old attempt may still arrive").toBe("ambiguous");
    queue.settle();
    expect(send(queue)!.identity!.epoch).toBe(1);
  });

  it("learns from a late answer what became of a batch that was given up", () => {
    const queue = known(2);
    const [first, second] = [send(queue)!, send(queue)!];
    expect(queue.expired(1_001)).toEqual([first]);
    queue.giveUp(first);
    expect(queue.expired(1_001), "reported once").toEqual([]);
    queue.succeeded(first, 20);
    queue.succeeded(second, 20);
    queue.settle();
    queue.append(record(), 20);
    expect(send(queue, one, 30)!.identity!.epoch).toBe(1);
  });

  it("asks for a fresh producer id after the last epoch", () => {
    const queue = new PartitionQueue({ topic: "t", partition: 0 }, settings);
    queue.adopt({ producerId: 7, epoch: 32_767 });
    queue.append(record(), 0);
    queue.append(record(), 0);
    queue.abandon(send(queue)!);
    queue.settle();
    expect(queue.needsIdentity).toBe(true);
    expect(queue.usedUpProducerId).toBe(7);
    expect(send(queue)).toBeNull();
    queue.adopt({ producerId: 8, epoch: 0 });
    expect(send(queue)!.identity!.producerId).toBe(8);
  });

  it("lingers for a batch that is not full, unless it is urgent", () => {
    const queue = queueOf(0, { lingerMs: 50, batchBytes: 10_000 });
    queue.append(record(), 0);
    expect(queue.sendable(one, 49, false)).toBeNull();
    expect(queue.nextDueMs(49)).toBe(50);
    expect(queue.sendable(one, 49, true)).not.toBeNull();
    expect(queue.sendable(one, 50, false)).not.toBeNull();
  });

  it("without idempotence numbers nothing and has no gaps", () => {
    const queue = queueOf(2, { idempotent: false });
    const first = send(queue)!;
    expect([first.sequence, first.identity]).toEqual([-1, null]);
    queue.abandon(first);
    expect(send(queue)).not.toBeNull();
  });
});
