// core: the committed side of a machine: every committed record replayed once, in order. What is answered to
// readers and published comes from here, on leaders and followers alike. Knows nothing of proposals.
import { assert } from "../../base/assert.ts";
import type { JournalEntry } from "./journal.ts";
import type { Machine, MachineSnapshot, SnapshotCodec } from "./machine.ts";

export class CommittedView<State, Rec, Change> {
  readonly #machine: Omit<Machine<State, Rec, Change>, "encode">;
  #state: State;
  #end = 0;
  #epoch = 0;
  #bytesSinceSnapshot = 0;

  constructor(machine: Omit<Machine<State, Rec, Change>, "encode">) {
    this.#machine = machine;
    this.#state = machine.initial;
  }

  get state(): State {
    return this.#state;
  }

  /** One past the offset of the last record replayed. */
  get end(): number {
    return this.#end;
  }

  /** Bytes of records replayed since the last snapshot that was taken or taken over. */
  get bytesSinceSnapshot(): number {
    return this.#bytesSinceSnapshot;
  }

  /** Throws when a record cannot be decoded or replayed: this process cannot follow the log any further. */
  apply(entries: readonly JournalEntry[]): Change | null {
    const last = entries.at(-1);
    if (last === undefined) return null;
    let expected = this.#end;
    const decoded = entries.map(({ envelope, value }) => {
      const { offset } = envelope;
      assert(offset >= expected, `${this.#machine.name}: record ${offset} came after ${expected - 1}`);
      expected = offset + 1;
      this.#bytesSinceSnapshot += value.length;
      return { envelope, record: this.#machine.decode(value) };
    });
    const { state, change } = this.#machine.replay(this.#state, decoded);
    this.#state = state;
    this.#end = last.envelope.offset + 1;
    this.#epoch = last.envelope.epoch;
    return change;
  }

  /** Replaces everything by a snapshot. */
  load(snapshot: MachineSnapshot): Change {
    const before = this.#state;
    const { name } = this.#machine;
    const codec = this.#snapshots();
    assert(snapshot.end >= this.#end, `${name}: a snapshot at ${snapshot.end} came after ${this.#end}`);
    this.#state = codec.decode(snapshot.bytes);
    this.#end = snapshot.end;
    this.#epoch = snapshot.epoch;
    this.#bytesSinceSnapshot = 0;
    return codec.between(before, this.#state);
  }

  snapshot(): MachineSnapshot {
    this.#bytesSinceSnapshot = 0;
    return { end: this.#end, epoch: this.#epoch, bytes: this.#snapshots().encode(this.#state) };
  }

  #snapshots(): SnapshotCodec<State, Change> {
    const { name, snapshots } = this.#machine;
    assert(snapshots !== null, `${name}: it has no snapshots`);
    return snapshots;
  }
}
