// test: what must never happen in a consensus group (Raft paper, figure 3), checked as it runs, from outside:
// by what nodes send, commit and keep on their disks.
import type { RaftEffect } from "../../cluster/raft/core/words.ts";
import { batch } from "../../proto/batch/header.ts";
import type { RaftMessage } from "../../proto/peer/peer-api.ts";
import type { StoredBatch } from "./page-cache-log.ts";
import type { RaftMachine } from "./raft-machine.ts";

export class RaftChecks {
  /** Every batch that any node said is committed, by base offset. */
  readonly committed = new Map<number, StoredBatch>();
  committedEnd = 0;
  elections = 0;
  truncations = 0;
  snapshotsInstalled = 0;
  checks = 0;
  /** Voters whose disk was replaced: what they acknowledged before was true when they said so. */
  wiped = 0;
  private readonly leaders = new Map<number, string>();
  private readonly votes = new Map<string, string>();
  private readonly machines: () => Iterable<RaftMachine>;
  /** How many nodes vote. */
  private readonly voters: number;

  constructor(machines: () => Iterable<RaftMachine>, voters: number) {
    this.machines = machines;
    this.voters = voters;
  }

  onSend(from: RaftMachine, message: RaftMessage): void {
    const { term, vote } = from.disk.hardState;
    const me = `${from.id}/${from.options.directoryId}`;
    if (message.kind !== "preVote" && message.kind !== "preVoteReply") {
      this.hold(term >= message.term, `${me} spoke in term ${message.term} with ${term} on disk`);
    }
    if (message.kind !== "voteReply" || !message.granted) return;
    const key = `${me} in term ${message.term}`;
    const before = this.votes.get(key) ?? `${message.toId}`;
    this.votes.set(key, `${message.toId}`);
    this.hold(before === `${message.toId}`, `${key} voted for ${before} and ${message.toId}`);
    this.hold(term > message.term || vote?.id === message.toId, `${key}: the vote is not on disk`);
  }

  onEffect(machine: RaftMachine, effect: RaftEffect): void {
    if (effect.kind === "truncate") this.truncations += 1;
    if (effect.kind === "installSnapshot") this.snapshotsInstalled += 1;
    if (effect.kind === "leader" && effect.leaderId === machine.id) this.elected(machine, effect.term);
    if (effect.kind === "truncate") {
      const { id, appliedEnd } = machine;
      this.hold(effect.to >= appliedEnd, `${id} cuts to ${effect.to}; it has applied up to ${appliedEnd}`);
    }
    if (effect.kind === "note")
      this.hold(effect.level !== "error", `${machine.id} complains: ${effect.text}`);
    if (effect.kind === "commit") this.commits(machine, effect.end);
  }

  private elected(machine: RaftMachine, term: number): void {
    this.elections += 1;
    const me = `${machine.id}/${machine.options.directoryId}`;
    const other = this.leaders.get(term) ?? me;
    this.leaders.set(term, me);
    this.hold(other === me, `election safety: ${me} and ${other} both lead in term ${term}`);
    for (const one of this.committed.values()) {
      if (one.next <= machine.log.startOffset) continue;
      const own = machine.log.at(one.base);
      const has = own !== undefined && sameBatch(own, one);
      this.hold(has, `leader completeness: ${me} leads in ${term} without committed entry ${one.base}`);
    }
    const { end } = machine.log;
    this.hold(end >= this.committedEnd, `leader completeness: ${me} leads with a log that ends at ${end}`);
  }

  private commits(machine: RaftMachine, end: number): void {
    for (let at = machine.appliedEnd; at < end; ) {
      const own = machine.log.at(at);
      this.hold(own !== undefined, `${machine.id} commits up to ${end} but does not hold ${at}`);
      const known = this.committed.get(own!.base);
      if (known === undefined) {
        this.hold(own!.base === this.committedEnd, `${own!.base} committed out of order`);
        this.committed.set(own!.base, own!);
        this.committedEnd = own!.next;
        this.isOnMajority(own!);
      } else {
        this.hold(sameBatch(known, own!), `state machine safety: ${machine.id} commits another ${own!.base}`);
      }
      at = own!.next;
    }
  }

  /** At the moment it is first called committed. */
  private isOnMajority(one: StoredBatch): void {
    let copies = 0;
    for (const machine of this.machines()) {
      const { snapshot } = machine.disk;
      const inLog = machine.log.certain.some((own) => sameBatch(own, one));
      if (machine.options.isVoter && (inLog || (snapshot?.end ?? 0) >= one.next)) copies += 1;
    }
    const needed = Math.floor(this.voters / 2) + 1;
    this.hold(copies + this.wiped >= needed, `${one.base} is called committed with ${copies} copies on disk`);
  }

  /** Log matching, and that all applied the same; costs time, so not after each event. */
  compareAll(): void {
    const machines = [...this.machines()];
    for (const machine of machines) {
      for (const { offset, epoch, value } of machine.applied) {
        const one = [...this.around(offset)][0];
        const isSame = one?.epoch === epoch;
        this.hold(
          isSame,
          `${machine.id} applied ${value} at ${offset} in ${epoch}, committed is ${one?.epoch}`,
        );
      }
      for (const other of machines) if (other.id > machine.id) this.match(machine, other);
    }
  }

  private *around(offset: number): Generator<StoredBatch> {
    for (let at = offset; at >= 0; at -= 1) {
      const one = this.committed.get(at);
      if (one === undefined) continue;
      if (one.next > offset) yield one;
      return;
    }
  }

  private match(one: RaftMachine, other: RaftMachine): void {
    let agrees = false;
    for (const mine of [...one.log.batches].reverse()) {
      const theirs = other.log.at(mine.base);
      if (theirs === undefined) continue;
      const isSame = sameBatch(mine, theirs);
      agrees ||= theirs.base === mine.base && theirs.epoch === mine.epoch;
      this.hold(!agrees || isSame, `log matching: ${one.id} and ${other.id} differ at ${mine.base}`);
    }
  }

  private hold(isSo: boolean, text: string): void {
    this.checks += 1;
    if (!isSo) throw new Error(text);
  }
}

function sameBatch(one: StoredBatch, other: StoredBatch): boolean {
  if (one === other) return true;
  return (
    one.base === other.base &&
    one.epoch === other.epoch &&
    batch.crc(one.bytes, 0) === batch.crc(other.bytes, 0) &&
    one.bytes.length === other.bytes.length
  );
}
