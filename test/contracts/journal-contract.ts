// test: what every journal must keep, whoever carries it: run by each implementation on a cluster of its own.
import { describe, expect, it } from "vitest";
import type { Journal, JournalEntry, JournalEvents } from "../../cluster/machine/journal.ts";

/** Some nodes with one journal each, all of one cluster. */
export interface JournalCluster {
  journal(index: number): Journal;
  /** Makes node `index` the leader, by whatever means; resolves once its `onLeading` was called. */
  elect(index: number): Promise<void>;
  /** Lets the cluster run until `condition` holds; rejects after a bounded time. */
  until(condition: () => boolean): Promise<void>;
  /** From now on nothing that `leader` appends can be committed, until somebody else was elected. */
  isolate(leader: number): void;
  stop(): Promise<void>;
}

export interface JournalHarness {
  readonly nodes: number;
  start(events: readonly JournalEvents[]): Promise<JournalCluster>;
}

class Witness implements JournalEvents {
  entries: JournalEntry[] = [];
  epochs: number[] = [];
  epoch: number | null = null;
  /** Entries seen when it became leader. */
  seenAtLeading = 0;
  isAppending = false;
  heardWhileAppending = 0;

  onCommitted(entries: readonly JournalEntry[]): void {
    if (this.isAppending) this.heardWhileAppending++;
    for (const { envelope, value } of entries)
      this.entries.push({ envelope: { ...envelope }, value: value.slice() });
  }
  onSnapshot(): void {
    throw new Error("no snapshot was made in this test");
  }
  onLeading(epoch: number): void {
    this.epoch = epoch;
    this.epochs.push(epoch);
    this.seenAtLeading = this.entries.length;
  }
  onNotLeading(): void {
    this.epoch = null;
  }
  texts(): string[] {
    return this.entries.map(({ value }) => Buffer.from(value).toString());
  }
}

interface Running {
  cluster: JournalCluster;
  witnesses: Witness[];
  append(
    index: number,
    texts: readonly string[],
    timestamp?: number,
  ): { baseOffset: number; committed: Promise<void> };
}

async function run(harness: JournalHarness, body: (running: Running) => Promise<void>): Promise<void> {
  const witnesses = Array.from({ length: harness.nodes }, () => new Witness());
  const cluster = await harness.start(witnesses);
  const append: Running["append"] = (index, texts, timestamp = 1_000) => {
    const witness = witnesses[index]!;
    witness.isAppending = true;
    try {
      const records = texts.map((text) => Buffer.from(text));
      return cluster.journal(index).append(records, { epoch: witness.epoch ?? -1, timestamp });
    } finally {
      witness.isAppending = false;
    }
  };
  try {
    await body({ cluster, witnesses, append });
  } finally {
    await cluster.stop();
  }
}

const settled = async (promise: Promise<void>): Promise<"committed" | "lost"> =>
  promise.then(
    () => "committed" as const,
    () => "lost" as const,
  );

/** Registers the contract's tests for one implementation. */
export function describeJournalContract(name: string, harness: JournalHarness): void {
  describe(`the journal contract: ${name}`, () => {
    it("takes records from the leader of the epoch only", () =>
      run(harness, async ({ cluster, witnesses, append }) => {
        await cluster.elect(0);
        expect(() => append(1, ["a"])).toThrow();
        const journal = cluster.journal(0);
        const epoch = witnesses[0]!.epoch! + 1;
        expect(() => journal.append([Buffer.from("a")], { epoch, timestamp: 0 })).toThrow();
      }));

    it("gives consecutive offsets, and every node the same entries in order, each once", () =>
      run(harness, async ({ cluster, witnesses, append }) => {
        await cluster.elect(0);
        const bases: number[] = [];
        for (let at = 0; at < 20; at++)
          bases.push(append(0, [`${at}.0`, `${at}.1`, `${at}.2`], 5_000 + at).baseOffset);
        await cluster.until(() => witnesses.every((witness) => witness.entries.length === 60));
        const [first] = witnesses;
        expect(first!.texts()).toEqual(
          Array.from({ length: 60 }, (_, at) => `${Math.floor(at / 3)}.${at % 3}`),
        );
        first!.entries.forEach(({ envelope }, at) => {
          expect(envelope.offset).toBe(bases[Math.floor(at / 3)]! + (at % 3));
          expect(envelope.epoch).toBe(first!.epoch);
          expect(envelope.timestamp).toBe(5_000 + Math.floor(at / 3));
        });
        for (const witness of witnesses) expect(witness.entries).toEqual(first!.entries);
      }));

    it("says nothing while it is being appended to, and resolves what was committed", () =>
      run(harness, async ({ cluster, witnesses, append }) => {
        await cluster.elect(0);
        const results = Array.from({ length: 10 }, (_, at) => append(0, [`${at}`]));
        let resolved = 0;
        for (const { committed } of results) void committed.then(() => resolved++);
        await cluster.until(() => resolved === 10);
        expect(witnesses[0]!.heardWhileAppending).toBe(0);
      }));

    it("gives a new leader all that was committed before it tells it that it leads", () =>
      run(harness, async ({ cluster, witnesses, append }) => {
        await cluster.elect(0);
        await Promise.all(["a", "b", "c"].map((text) => append(0, [text]).committed));
        const before = witnesses[0]!.epoch!;
        await cluster.elect(1);
        expect(witnesses[1]!.seenAtLeading).toBe(3);
        expect(witnesses[1]!.epoch!).toBeGreaterThan(before);
        await cluster.until(() => witnesses[0]!.epoch === null);
        expect(() => append(0, ["d"])).toThrow();
        await append(1, ["e"]).committed;
        await cluster.until(() => witnesses.every((witness) => witness.entries.length === 4));
        for (const witness of witnesses) expect(witness.texts()).toEqual(["a", "b", "c", "e"]);
      }));

    it("keeps a batch as a whole or loses it as a whole when leadership ends", () =>
      run(harness, async ({ cluster, witnesses, append }) => {
        await cluster.elect(0);
        await append(0, ["first"]).committed;
        cluster.isolate(0);
        const outcomes = [
          ["a", "b"],
          ["c", "d", "e"],
        ].map((texts) => settled(append(0, texts).committed));
        await cluster.elect(1);
        await append(1, ["last"]).committed;
        await cluster.until(() => witnesses.every((witness) => witness.texts().at(-1) === "last"));
        const text = witnesses[0]!.texts().join("");
        expect(["firstlast", "firstablast", "firstabcdelast"]).toContain(text);
        const [one, other] = await Promise.all(outcomes);
        // Lost may still be there; committed must be.
        if (one === "committed") expect(text).toContain("ab");
        if (other === "committed") expect(text).toContain("cde");
      }));
  });
}
