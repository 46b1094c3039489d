// adapter: a journal in memory, shared by any number of nodes, for tests and for a cluster that need not
// outlive its process. Commits follow in the next microtask, or when told to (`hold`, `release`), so that a
// test can stand between an append and its commit.
//
// Keeps what journal.ts promises; says nothing about durability, having none.
import { assert } from "../../base/assert.ts";
import { BrokerError } from "../../proto/errors.ts";
import type { AppendResult, Journal, JournalEntry, JournalEvents } from "./journal.ts";

interface Node {
  readonly events: JournalEvents;
  /** Index of the next entry to give to it; it is cut off while `connected` is false. */
  delivered: number;
  connected: boolean;
}

interface PendingAppend {
  readonly end: number;
  resolve(): void;
  reject(error: Error): void;
}

export class MemoryJournal {
  readonly #nodes: Node[];
  #entries: JournalEntry[] = [];
  #committed = 0;
  #epoch = 0;
  #leader = -1;
  #held = false;
  #scheduled = false;
  #pending: PendingAppend[] = [];

  constructor(nodes: readonly JournalEvents[]) {
    this.#nodes = nodes.map((events) => ({ events, delivered: 0, connected: true }));
  }

  /** The journal as node `index` sees it. */
  journal(index: number): Journal {
    return { append: (records, options) => this.#append(index, records, options) };
  }

  get leader(): number {
    return this.#leader;
  }

  /** One past the last committed entry. */
  get committed(): number {
    return this.#committed;
  }

  get end(): number {
    return this.#entries.length;
  }

  /** Appends are no longer committed until `release`. */
  hold(): void {
    this.#held = true;
  }

  /** Commits what was held back, up to `end` if given. */
  release(end = Number.POSITIVE_INFINITY): void {
    this.#held = end !== Number.POSITIVE_INFINITY;
    this.#commit(Math.min(end, this.#entries.length));
  }

  /** Nobody leads. Of the entries that are not committed, the first `keep` survive. */
  depose(keep = 0): void {
    const pending = this.#pending;
    const leader = this.#leader;
    this.#pending = [];
    this.#leader = -1;
    this.#entries.length = Math.min(this.#entries.length, this.#committed + keep);
    const lost = new BrokerError("NOT_CONTROLLER", "leadership was lost before the records were committed");
    for (const one of pending) one.reject(lost);
    if (leader >= 0) this.#nodes[leader]!.events.onNotLeading();
  }

  /** Node `index` leads in a new epoch; what survived (see `depose`) is committed first. */
  elect(index: number, keep = 0): void {
    this.depose(keep);
    const node = this.#nodes[index]!;
    assert(node.connected, `node ${index} is cut off and cannot lead`);
    this.#commit(this.#entries.length);
    this.#epoch++;
    this.#leader = index;
    node.events.onLeading(this.#epoch);
  }

  /** Node `index` hears nothing until `connect`, which gives it all it missed, or a snapshot first. */
  disconnect(index: number): void {
    this.#nodes[index]!.connected = false;
  }

  connect(index: number, snapshot?: { end: number; epoch: number; bytes: Uint8Array }): void {
    const node = this.#nodes[index]!;
    node.connected = true;
    if (snapshot !== undefined && snapshot.end > node.delivered) {
      node.delivered = snapshot.end;
      node.events.onSnapshot(snapshot);
    }
    this.#deliver(node);
  }

  #append(
    index: number,
    records: readonly Uint8Array[],
    options: { epoch: number; timestamp: number },
  ): AppendResult {
    const { epoch, timestamp } = options;
    if (index !== this.#leader || epoch !== this.#epoch) {
      const text = `node ${index} cannot append in epoch ${epoch}: ${this.#leader} leads in ${this.#epoch}`;
      throw new BrokerError("NOT_CONTROLLER", text);
    }
    const baseOffset = this.#entries.length;
    records.forEach((value, at) => {
      this.#entries.push({ envelope: { offset: baseOffset + at, epoch, timestamp }, value });
    });
    const end = this.#entries.length;
    const committed = new Promise<void>((resolve, reject) => this.#pending.push({ end, resolve, reject }));
    // Whoever appends need not listen: a rejection that nobody hears is no error of the process.
    committed.catch(() => {});
    this.#schedule();
    return { baseOffset, committed };
  }

  #schedule(): void {
    if (this.#held || this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#held && this.#leader >= 0) this.#commit(this.#entries.length);
    });
  }

  #commit(end: number): void {
    if (end > this.#committed) this.#committed = end;
    for (const node of this.#nodes) this.#deliver(node);
    const done = this.#pending.filter((one) => one.end <= this.#committed);
    this.#pending = this.#pending.filter((one) => one.end > this.#committed);
    for (const one of done) one.resolve();
  }

  #deliver(node: Node): void {
    if (!node.connected || node.delivered >= this.#committed) return;
    const entries = this.#entries.slice(node.delivered, this.#committed);
    node.delivered = this.#committed;
    node.events.onCommitted(entries);
  }
}
