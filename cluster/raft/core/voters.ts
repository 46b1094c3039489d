// core: who votes. The voter set is the latest Voters record in the log (committed or not), else the one in
// the snapshot, else the one configured; a record that is cut from the log takes its set with it.
//
// A voter is (id, directory id). A configured voter may come without directory id: then the first leader that
// knows the directory ids of all voters writes a Voters record, after the entry of its own term is committed.
// Until a node has that record in its log it takes anyone with a voter's id for that voter: this is the
// bootstrap window, in which a voter whose disk is wiped could vote twice. Configured directory ids leave no
// window. How the set changes while it is in use: voter-changes.ts. Source: Raft dissertation 4.1 (a set is
// in use as soon as it is in the log); KIP-853.
import { assert } from "../../../base/assert.ts";
import type { Uuid } from "../../../base/uuid.ts";
import type { Voter } from "./words.ts";

export class VoterSet {
  readonly voters: readonly Voter[];

  constructor(voters: readonly Voter[]) {
    const ids = new Set(voters.map((voter) => voter.id));
    assert(ids.size === voters.length, `voters ${voters.map((voter) => voter.id)} should have unlike ids`);
    this.voters = [...voters].sort((a, b) => a.id - b.id);
  }

  get ids(): number[] {
    return this.voters.map((voter) => voter.id);
  }

  get majority(): number {
    return Math.floor(this.voters.length / 2) + 1;
  }

  get isBound(): boolean {
    return this.voters.every((voter) => voter.directoryId !== null);
  }

  get(id: number): Voter | null {
    return this.voters.find((voter) => voter.id === id) ?? null;
  }

  /** These and one more, whose id is new. */
  with(voter: Voter): VoterSet {
    return new VoterSet([...this.voters, voter]);
  }

  without(id: number): VoterSet {
    return new VoterSet(this.voters.filter((voter) => voter.id !== id));
  }

  /** Whether the node with this id and this directory is the voter. */
  has(id: number, directoryId: Uuid): boolean {
    const voter = this.get(id);
    return voter !== null && (voter.directoryId === null || voter.directoryId === directoryId);
  }
}

interface VoterChange {
  /** Of the record. */
  readonly offset: number;
  readonly set: VoterSet;
}

export class VoterHistory {
  private base: VoterSet;
  private baseIsRecorded: boolean;
  private changes: VoterChange[] = [];

  /** `recorded`: the set comes from a snapshot, hence from a record, not from the configuration. */
  constructor(base: VoterSet, recorded: boolean) {
    this.base = base;
    this.baseIsRecorded = recorded;
  }

  get latest(): VoterSet {
    return this.changes.at(-1)?.set ?? this.base;
  }

  /** The latest record that says who votes is below `commitEnd`, or there is none: no change is under way. */
  isCommitted(commitEnd: number): boolean {
    return (this.changes.at(-1)?.offset ?? -1) < commitEnd;
  }

  /** Who voted as of `commitEnd`, whatever was appended since. */
  committed(commitEnd: number): VoterSet {
    return this.changes.findLast((one) => one.offset < commitEnd)?.set ?? this.base;
  }

  /** Some Voters record says who votes; the configuration no longer does. */
  get isRecorded(): boolean {
    return this.baseIsRecorded || this.changes.length > 0;
  }

  /** The set as recorded below `end`; null when no record says. For a snapshot that covers up to `end`. */
  recordedAt(end: number): VoterSet | null {
    const change = this.changes.findLast((one) => one.offset < end);
    return change?.set ?? (this.baseIsRecorded ? this.base : null);
  }

  add(offset: number, set: VoterSet): void {
    const last = this.changes.at(-1);
    assert(last === undefined || last.offset < offset, `a Voters record at ${offset} after ${last?.offset}`);
    this.changes.push({ offset, set });
  }

  /** The log was cut to `end`. */
  truncate(end: number): void {
    while (this.changes.length > 0 && this.changes.at(-1)!.offset >= end) this.changes.pop();
  }

  /** A snapshot covers everything below `end`: what it says can no longer be cut. */
  fold(end: number): void {
    while (this.changes.length > 0 && this.changes[0]!.offset < end) {
      this.base = this.changes.shift()!.set;
      this.baseIsRecorded = true;
    }
  }

  /** Log and state were replaced by a snapshot that names these voters (null: none; the old base holds). */
  replace(voters: readonly Voter[] | null): void {
    this.changes = [];
    if (voters === null) return;
    this.base = new VoterSet(voters);
    this.baseIsRecorded = true;
  }
}
