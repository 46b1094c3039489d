// core: what a leader knows of one other node, and how it sends to it.
//
//             agreed on a point                  window open: many in flight
//   probe  ----------------------> replicate ---------------------------------.
//     ^  one message at a time  <----------------  refused, or the way broke  <'
//     |                                |
//     |  done              log too old | (also from probe)
//     '---------- snapshot <-----------'   one piece at a time
//
// Keeps true: `match` is what the node said it has on disk and agrees with, in this leader's term and in the
// directory `directoryId`; another directory starts from nothing.
import { limits } from "../../../base/limits.ts";
import type { Uuid } from "../../../base/uuid.ts";
import type { SnapshotMark } from "./words.ts";

export type ProgressState = "probe" | "replicate" | "snapshot";

interface InFlight {
  readonly end: number;
  readonly bytes: number;
}

export interface SnapshotSending extends SnapshotMark {
  position: number;
  /** Round of the piece last sent; answers to older ones do not count. */
  round: number;
  ticksSinceSent: number;
}

export class Progress {
  readonly id: number;
  /** Null until the node was heard. */
  directoryId: Uuid | null;
  state: ProgressState = "probe";
  /** End of what it holds on disk and agrees with. */
  match = 0;
  /** Messages of later rounds were sent when `match` was known. */
  matchRound = 0;
  /** Where the next message to it starts. */
  next: number;
  /** The commit end it was last told. */
  toldCommitEnd = 0;
  /** Refusals of earlier rounds are old news: they were overtaken. */
  refusalsFromRound = 0;
  /** A probe with entries is under way. */
  isPaused = false;
  /** Heard since the last check of the quorum. */
  isActive = false;
  ticksSilent = 0;
  /** Heard at all in this term. */
  isHeard = false;
  /** It says that it could lead, or is a voter. */
  mayVote = true;
  sending: SnapshotSending | null = null;
  private inFlight: InFlight[] = [];
  private bytesInFlight = 0;

  constructor(id: number, directoryId: Uuid | null, next: number) {
    this.id = id;
    this.directoryId = directoryId;
    this.next = next;
  }

  get messagesInFlight(): number {
    return this.inFlight.length;
  }

  get isWindowOpen(): boolean {
    return (
      this.inFlight.length < limits.raftInflightMessagesMax &&
      this.bytesInFlight < limits.raftInflightBytesMax
    );
  }

  /** The node speaks from this directory. True: it is another one than before, and nothing is known of it. */
  speaksFrom(directoryId: Uuid): boolean {
    if (this.directoryId === directoryId) return false;
    const changed = this.directoryId !== null;
    this.directoryId = directoryId;
    if (changed) {
      this.match = 0;
      this.probe(this.next);
    }
    return changed;
  }

  probe(next: number): void {
    this.state = "probe";
    this.next = next;
    this.isPaused = false;
    this.sending = null;
    this.clearFlight();
  }

  replicate(next: number): void {
    this.state = "replicate";
    this.next = next;
    this.isPaused = false;
    this.sending = null;
    this.clearFlight();
  }

  snapshot(mark: SnapshotMark): SnapshotSending {
    this.state = "snapshot";
    this.clearFlight();
    this.sending = { end: mark.end, epoch: mark.epoch, position: 0, round: 0, ticksSinceSent: 0 };
    return this.sending;
  }

  /** Sent ahead of an answer, in state replicate. */
  sent(end: number, bytes: number): void {
    this.inFlight.push({ end, bytes });
    this.bytesInFlight += bytes;
    this.next = end;
  }

  /** The node holds everything below `end` on disk; `round`: of the newest message sent to anyone. */
  acknowledged(end: number, round: number): void {
    if (end > this.match) {
      this.match = end;
      this.matchRound = round;
    }
    let count = 0;
    while (count < this.inFlight.length && this.inFlight[count]!.end <= this.match) {
      this.bytesInFlight -= this.inFlight[count]!.bytes;
      count++;
    }
    if (count > 0) this.inFlight.splice(0, count);
  }

  private clearFlight(): void {
    this.inFlight = [];
    this.bytesInFlight = 0;
  }
}
