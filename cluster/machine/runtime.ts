// shell: runs a machine on a journal: decide, then replay. Loading, fencing, ticks and dropping what was not
// committed stand here once, for the controller and for every shard of a coordinator.
//
//            propose                        onCommitted
//   request ---------> speculative view .....................> committed view ---> published, answered
//              decide        | append           journal          replay
//                            +---------------------^
//
// Keeps true: a request is decided on everything proposed before it; its reply is given once its records, or
// those it was decided on, are committed and published; when leadership ends nothing of the speculative view
// is left and everyone who waits is told. Nothing happens between a decision and its append: no mailbox is
// needed, since `propose` does not wait in between.
import { assert, InvariantError } from "../../base/assert.ts";
import type { Clock, Timer } from "../../base/ports/clock.ts";
import type { Log } from "../../base/ports/log.ts";
import { BrokerError, type ErrorName } from "../../proto/errors.ts";
import { CommittedView } from "./committed-view.ts";
import type { AppendResult, Journal, JournalEntry, JournalEvents } from "./journal.ts";
import type { Decision, Machine, MachineSnapshot, Moment } from "./machine.ts";

export interface RuntimeOptions<State, Rec, Change, Written = Rec> {
  readonly machine: Machine<State, Rec, Change, Written>;
  readonly clock: Clock;
  readonly log: Log;
  /** The process cannot go on: a committed record cannot be replayed, or an invariant is broken. */
  readonly halt: (reason: string) => never;
  /** What they are told who ask a node that does not lead, or whose records were lost with the leadership. */
  readonly refusal: ErrorName;
  /** Proposals that may wait for their commit; over it THROTTLING_QUOTA_EXCEEDED. */
  readonly pendingMax: number;
  /**
   * Runs every `everyMs` while leading. The next tick is set only after the last one ran, so that a process
   * that stood still for an hour counts one tick, not thousands.
   */
  readonly tick?: { readonly everyMs: number; run(): void };
  /** Called each time `everyBytes` of records were committed, on leaders and followers alike. */
  readonly snapshots?: { readonly everyBytes: number; store(snapshot: MachineSnapshot): void };
  /** Everything older is committed and published; proposals are taken from now on. */
  onLeading?(epoch: number): void;
  onNotLeading?(): void;
}

interface Leadership<State> {
  readonly epoch: number;
  state: State;
  end: number;
}

interface Waiting {
  readonly end: number;
  resolve(): void;
  reject(error: Error): void;
}

export class MachineRuntime<State, Rec, Change, Written = Rec> implements JournalEvents {
  readonly #options: RuntimeOptions<State, Rec, Change, Written>;
  readonly #machine: Machine<State, Rec, Change, Written>;
  readonly #committed: CommittedView<State, Rec, Change>;
  readonly #listeners = new Set<(state: State, change: Change) => void>();
  #journal: Journal | null = null;
  #leading: Leadership<State> | null = null;
  /** In order of `end`. */
  #waiting: Waiting[] = [];
  #timer: Timer | null = null;
  #closed = false;

  constructor(options: RuntimeOptions<State, Rec, Change, Written>) {
    this.#options = options;
    this.#machine = options.machine;
    this.#committed = new CommittedView(options.machine);
  }

  /** Once, before the journal's first event: journal and runtime know each other. */
  attach(journal: Journal): void {
    this.#journal = journal;
  }

  get isLeading(): boolean {
    return this.#leading !== null;
  }

  /** Epoch in which this node leads; null: it does not. */
  get epoch(): number | null {
    return this.#leading?.epoch ?? null;
  }

  /** With every committed record, and no other. */
  get committed(): State {
    return this.#committed.state;
  }

  get committedEnd(): number {
    return this.#committed.end;
  }

  /** With every record proposed so far; null when this node does not lead. */
  get speculative(): State | null {
    return this.#leading?.state ?? null;
  }

  /** Calls `listener` after every change of the committed state, in order. Answers how to stop it. */
  subscribe(listener: (state: State, change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The committed state as it stands, for the journal to keep in place of the records before `end`. */
  snapshot(): MachineSnapshot {
    return this.#committed.snapshot();
  }

  /**
   * Decides on the speculative view and appends the records; `decide` must change nothing. Resolves once they
   * are committed, or, without records, once all that it was decided on is. Rejects with what `decide` threw,
   * with the refusal when this node does not lead (the records may then be committed all the same), or with
   * THROTTLING_QUOTA_EXCEEDED.
   */
  propose<Reply>(decide: (state: State, now: Moment) => Decision<Written, Reply>): Promise<Reply> {
    const leading = this.#leading;
    if (leading === null || this.#closed) return Promise.reject(this.#refuse("it does not lead"));
    if (this.#waiting.length >= this.#options.pendingMax) return Promise.reject(this.#overloaded());
    const { clock } = this.#options;
    let decision: Decision<Written, Reply>;
    let appended: AppendResult | null;
    try {
      decision = decide(leading.state, { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() });
      appended = this.#append(leading, decision.records);
    } catch (error) {
      if (error instanceof InvariantError) return this.#halt("deciding a request", error);
      return Promise.reject(error);
    }
    appended?.committed.catch((error) => {
      if (this.#leading === leading) this.#lose(String(error));
    });
    decision.appended?.();
    const { reply } = decision;
    const { end } = leading;
    if (end <= this.#committed.end) return Promise.resolve(reply);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ end, resolve: () => resolve(reply), reject });
    });
  }

  /** Ends ticks and refuses everyone who waits. For the stop of the node. */
  close(): void {
    this.#closed = true;
    this.#lose("it is being stopped");
  }

  // ---- What the journal tells ----

  onCommitted(entries: readonly JournalEntry[]): void {
    if (this.#closed) return;
    const change = this.#guarded("replaying committed records", () => this.#committed.apply(entries));
    if (change === null) return;
    this.#settleLeadership();
    this.#publish(change);
    this.#answer();
    this.#offerSnapshot();
  }

  onSnapshot(snapshot: { end: number; epoch: number; bytes: Uint8Array }): void {
    if (this.#closed) return;
    this.#lose("its state was replaced by a snapshot");
    const change = this.#guarded("loading a snapshot", () => this.#committed.load(snapshot));
    this.#publish(change);
  }

  onLeading(epoch: number): void {
    if (this.#closed) return;
    this.#lose(`leadership began anew in epoch ${epoch}`);
    this.#leading = { epoch, state: this.#committed.state, end: this.#committed.end };
    this.#scheduleTick();
    this.#options.onLeading?.(epoch);
  }

  onNotLeading(): void {
    this.#lose("it lost leadership");
  }

  // ---- Inside ----

  #append(leading: Leadership<State>, records: readonly Written[]): AppendResult | null {
    if (records.length === 0) return null;
    assert(this.#journal !== null, `${this.#machine.name}: no journal was attached`);
    const values = records.map((record) => this.#machine.encode(record));
    const timestamp = this.#options.clock.wallMs();
    const appended = this.#journal.append(values, { epoch: leading.epoch, timestamp });
    // What is replayed is what others will read, not what was meant.
    const entries = values.map((value, index) => ({
      envelope: { offset: appended.baseOffset + index, epoch: leading.epoch, timestamp },
      record: this.#machine.decode(value),
    }));
    // The records are in the log: if they cannot be replayed here, they cannot be anywhere.
    leading.state = this.#guarded("replaying a proposal", () => {
      return this.#machine.replay(leading.state, entries).state;
    });
    leading.end = appended.baseOffset + values.length;
    return appended;
  }

  /** With nothing in flight the two views are equal; one copy of the state is then enough. */
  #settleLeadership(): void {
    const leading = this.#leading;
    if (leading === null || this.#committed.end < leading.end) return;
    leading.state = this.#committed.state;
    leading.end = this.#committed.end;
  }

  #publish(change: Change): void {
    const { state } = this.#committed;
    for (const listener of [...this.#listeners]) listener(state, change);
  }

  #answer(): void {
    const { end } = this.#committed;
    let count = 0;
    while (count < this.#waiting.length && this.#waiting[count]!.end <= end) count++;
    if (count === 0) return;
    for (const waiting of this.#waiting.splice(0, count)) waiting.resolve();
  }

  #offerSnapshot(): void {
    const { snapshots } = this.#options;
    if (snapshots === undefined || this.#committed.bytesSinceSnapshot < snapshots.everyBytes) return;
    snapshots.store(this.#committed.snapshot());
  }

  #lose(why: string): void {
    this.#timer?.cancel();
    this.#timer = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    const wasLeading = this.#leading !== null;
    this.#leading = null;
    for (const one of waiting) one.reject(this.#refuse(why));
    if (wasLeading) this.#options.onNotLeading?.();
  }

  #refuse(why: string): BrokerError {
    return new BrokerError(this.#options.refusal, `${this.#machine.name}: this node cannot answer: ${why}`);
  }

  #overloaded(): BrokerError {
    const { pendingMax } = this.#options;
    const text = `${this.#machine.name}: ${pendingMax} changes wait for their commit already; try later`;
    return new BrokerError("THROTTLING_QUOTA_EXCEEDED", text);
  }

  #scheduleTick(): void {
    const { tick, clock } = this.#options;
    const leading = this.#leading;
    if (tick === undefined || leading === null) return;
    this.#timer = clock.after(tick.everyMs, () => {
      if (this.#leading !== leading) return;
      tick.run();
      if (this.#leading === leading) this.#scheduleTick();
    });
  }

  #guarded<T>(what: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      return this.#halt(what, error);
    }
  }

  #halt(what: string, error: unknown): never {
    const text = `${this.#machine.name}: ${what} failed, this process cannot go on: ${String(error)}`;
    this.#closed = true;
    this.#options.log.error({ machine: this.#machine.name, error: String(error) }, text);
    this.#options.halt(text);
  }
}
