// test: decide, then replay, on a machine that is a map of counters with a limit.
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { InvariantError } from "../../base/assert.ts";
import type { Log } from "../../base/ports/log.ts";
import { BrokerError } from "../../proto/errors.ts";
import { ManualClock } from "../../test/controller/manual-clock.ts";
import type { Machine, MachineSnapshot } from "./machine.ts";
import { MemoryJournal } from "./memory-journal.ts";
import { MachineRuntime, type RuntimeOptions } from "./runtime.ts";

type Counters = Readonly<Record<string, number>>;
interface Added {
  name: string;
  by: number;
}

const counters: Machine<Counters, Added, string[]> = {
  name: "counters",
  initial: {},
  replay(state, entries) {
    const next = { ...state };
    for (const { record } of entries) {
      if (record.name === "poison") throw new Error("this record cannot be replayed");
      next[record.name] = (next[record.name] ?? 0) + record.by;
    }
    return { state: next, change: entries.map(({ record }) => record.name) };
  },
  encode: (record) => Buffer.from(JSON.stringify(record)),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as Added,
  snapshots: {
    encode: (state) => Buffer.from(JSON.stringify(state)),
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as Counters,
    between: (_before, after) => Object.keys(after),
  },
};

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
type Options = RuntimeOptions<Counters, Added, string[]>;

function cluster(nodes: number, extra: Partial<Options> = {}) {
  const clock = new ManualClock();
  const halts: string[] = [];
  const runtimes = Array.from({ length: nodes }, () => {
    const halt = (reason: string): never => {
      halts.push(reason);
      throw new Error(`halted: ${reason}`);
    };
    const base: Options = {
      machine: counters,
      clock,
      log: silent,
      halt,
      refusal: "NOT_CONTROLLER",
      pendingMax: 100,
    };
    return new MachineRuntime<Counters, Added, string[]>({ ...base, ...extra });
  });
  const memory = new MemoryJournal(runtimes);
  runtimes.forEach((runtime, index) => {
    runtime.attach(memory.journal(index));
  });
  return { clock, halts, runtimes, memory, first: runtimes[0]! };
}

/** At most `limit` per counter: decided on what was proposed, not on what is committed. */
const add =
  (name: string, by = 1, limit = 1_000) =>
  (state: Counters) => {
    const sum = (state[name] ?? 0) + by;
    if (sum > limit) return { records: [], reply: "full" };
    return { records: [{ name, by }], reply: `${sum}` };
  };

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error) => (error instanceof BrokerError ? error.errorName : String(error)),
  );

describe("the runtime of a machine", () => {
  it("decides on what was proposed and reads what is committed", async () => {
    const { first, memory } = cluster(1);
    memory.elect(0);
    memory.hold();
    const replies = [first.propose(add("a", 1, 1)), first.propose(add("a", 1, 1))];
    expect(first.speculative).toEqual({ a: 1 });
    expect(first.committed).toEqual({});
    let answered = 0;
    for (const reply of replies) void reply.then(() => answered++);
    await Promise.resolve();
    // The refusal too waits for the record it was decided on.
    expect(answered).toBe(0);
    memory.release();
    expect(await Promise.all(replies)).toEqual(["1", "full"]);
    expect(first.committed).toEqual({ a: 1 });
    expect(first.speculative).toBe(first.committed);
  });

  it("publishes before it answers", async () => {
    const { first, memory } = cluster(1);
    memory.elect(0);
    const heard: string[] = [];
    first.subscribe((state, change) => heard.push(`${change} ${state.a}`));
    await first.propose(add("a")).then(() => heard.push("answer"));
    expect(heard).toEqual(["a 1", "answer"]);
  });

  it("drops everything not committed when leadership ends, and tells those who wait", async () => {
    const { runtimes, memory, first } = cluster(2);
    memory.elect(0);
    await first.propose(add("a"));
    memory.hold();
    const lost = [first.propose(add("a")), first.propose(() => ({ records: [], reply: "read" }))];
    const codes = Promise.all(lost.map(codeOf));
    memory.elect(1);
    expect(await codes).toEqual(["NOT_CONTROLLER", "NOT_CONTROLLER"]);
    expect(first.speculative).toBeNull();
    expect(await codeOf(first.propose(add("a")))).toBe("NOT_CONTROLLER");
    expect(runtimes[1]!.speculative).toEqual({ a: 1 });
    memory.release();
    expect(await runtimes[1]!.propose(add("a"))).toBe("2");
    expect(first.committed).toEqual({ a: 2 });
  });

  it("bounds those who wait", async () => {
    const { first, memory } = cluster(1, { pendingMax: 2 });
    memory.elect(0);
    memory.hold();
    const kept = [first.propose(add("a")), first.propose(add("a"))];
    expect(await codeOf(first.propose(add("a")))).toBe("THROTTLING_QUOTA_EXCEEDED");
    memory.release();
    expect(await Promise.all(kept)).toEqual(["1", "2"]);
  });

  it("passes on what the decision threw and changes nothing", async () => {
    const { first, memory } = cluster(1);
    memory.elect(0);
    const refused = first.propose(() => {
      throw new BrokerError("INVALID_REQUEST", "no");
    });
    expect(await codeOf(refused)).toBe("INVALID_REQUEST");
    expect(memory.end).toBe(0);
  });

  it("halts on broken invariants", () => {
    const { first, halts, memory } = cluster(1);
    memory.elect(0);
    const broken = (): never => {
      throw new InvariantError("two leaders");
    };
    expect(() => first.propose(broken)).toThrow("halted");
    expect(halts).toHaveLength(1);
  });

  it("halts on records that cannot be decoded or replayed, and hears nothing more", () => {
    for (const text of ["{", '{"name":"poison","by":1}']) {
      const { first, halts } = cluster(1);
      const entry = (offset: number, value: string) => ({
        envelope: { offset, epoch: 1, timestamp: 0 },
        value: Buffer.from(value),
      });
      expect(() => first.onCommitted([entry(0, text)])).toThrow("halted");
      expect(halts).toHaveLength(1);
      first.onCommitted([entry(1, '{"name":"a","by":1}')]);
      expect(first.committed).toEqual({});
    }
  });

  it("ticks while it leads; time that stood still counts once", () => {
    const run = vi.fn();
    const { clock, memory } = cluster(1, { tick: { everyMs: 50, run } });
    clock.advance(200);
    expect(run).toHaveBeenCalledTimes(0);
    memory.elect(0);
    for (let at = 0; at < 4; at++) clock.advance(50);
    expect(run).toHaveBeenCalledTimes(4);
    clock.advance(3_600_000);
    expect(run).toHaveBeenCalledTimes(5);
    memory.depose();
    clock.advance(50);
    expect(run).toHaveBeenCalledTimes(5);
  });

  it("offers snapshots by the bytes that were committed, and takes one over", async () => {
    const taken: MachineSnapshot[] = [];
    const snapshots = { everyBytes: 100, store: (snapshot: MachineSnapshot) => void taken.push(snapshot) };
    const { first, runtimes, memory } = cluster(2, { snapshots });
    memory.elect(0);
    memory.disconnect(1);
    for (let at = 0; at < 8; at++) await first.propose(add("a"));
    expect(taken.length).toBe(1);
    const heard: string[][] = [];
    runtimes[1]!.subscribe((_, change) => heard.push(change));
    memory.connect(1, taken[0]!);
    expect(runtimes[1]!.committed).toEqual({ a: 8 });
    expect(heard[0]).toEqual(["a"]);
    expect(runtimes[1]!.committedEnd).toBe(memory.committed);
  });

  it("refuses everyone who waits when it is closed", async () => {
    const { first, memory } = cluster(1);
    memory.elect(0);
    memory.hold();
    const waits = codeOf(first.propose(add("a")));
    first.close();
    expect(await waits).toBe("NOT_CONTROLLER");
    expect(await codeOf(first.propose(add("a")))).toBe("NOT_CONTROLLER");
  });

  it("answers only what is committed, on all nodes alike, whatever happens to leadership", async () => {
    type Step =
      | { kind: "add"; node: number; name: string }
      | { kind: "elect"; node: number; keep: number }
      | { kind: "hold" }
      | { kind: "release" };
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ kind: fc.constant("add" as const), node: fc.nat(2), name: fc.constantFrom("a", "b") }),
      fc.record({ kind: fc.constant("elect" as const), node: fc.nat(2), keep: fc.nat(3) }),
      fc.constantFrom<Step>({ kind: "hold" }, { kind: "release" }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array<Step>(step, { maxLength: 60 }), async (steps) => {
        const { runtimes, memory } = cluster(3);
        const acknowledged: Record<string, number[]> = { a: [], b: [] };
        for (const one of steps) {
          if (one.kind === "hold") memory.hold();
          else if (one.kind === "release") memory.release();
          else if (one.kind === "elect") memory.elect(one.node, one.keep);
          else {
            const reply = runtimes[one.node]!.propose(add(one.name));
            reply.then((text) => acknowledged[one.name]!.push(Number(text))).catch(() => {});
          }
          await Promise.resolve();
          for (const runtime of runtimes)
            if (runtime.isLeading)
              for (const name of ["a", "b"])
                expect(runtime.speculative![name] ?? 0).toBeGreaterThanOrEqual(runtime.committed[name] ?? 0);
        }
        memory.elect(0, 10);
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
        for (const name of ["a", "b"]) {
          const answers = acknowledged[name]!;
          expect(new Set(answers).size).toBe(answers.length);
          for (const answer of answers) expect(answer).toBeLessThanOrEqual(runtimes[0]!.committed[name]!);
        }
        for (const runtime of runtimes) expect(runtime.committed).toEqual(runtimes[0]!.committed);
      }),
      { numRuns: 200 },
    );
  });
});
