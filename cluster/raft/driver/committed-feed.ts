// shell: tells the state machine what the core decided, in the order in which it was decided: committed
// entries, snapshots, leadership won and lost. Reads committed entries from the log when their turn comes, so
// much a turn that the node stays awake.
import { assert } from "../../../base/assert.ts";
import { limits } from "../../../base/limits.ts";
import type { Codecs } from "../../../base/ports/codecs.ts";
import { readBatches } from "../../../proto/batch/read.ts";
import type { ReplicaLog } from "../../log/replica-log.ts";
import type { JournalEntry, JournalEvents } from "../../machine/journal.ts";

export type Announcement =
  | { kind: "committed"; end: number }
  | { kind: "snapshot"; end: number; epoch: number; bytes: Uint8Array }
  | { kind: "leading"; term: number }
  | { kind: "notLeading"; term: number }
  | { kind: "leader"; leaderId: number; term: number };

export interface FeedListener {
  /** Everything below `end` was given to the state machine. */
  onFed(end: number): void;
  onLeader(leaderId: number, term: number): void;
  onNotLeading(): void;
}

const bytesPerTurn = 4 * limits.raftMessageBytesMax;

export class CommittedFeed {
  /** Everything below was given to the state machine. */
  end: number;
  /** The term this node was said to lead in. */
  leadingTerm: number | null = null;
  private readonly log: ReplicaLog;
  private readonly codecs: Codecs;
  private readonly events: JournalEvents;
  private readonly listener: FeedListener;
  private queue: Announcement[] = [];

  constructor(options: {
    log: ReplicaLog;
    codecs: Codecs;
    events: JournalEvents;
    listener: FeedListener;
    end: number;
  }) {
    this.log = options.log;
    this.codecs = options.codecs;
    this.events = options.events;
    this.listener = options.listener;
    this.end = options.end;
  }

  add(announcement: Announcement): void {
    const last = this.queue.at(-1);
    // The log no longer has what the snapshot stands for.
    if (announcement.kind === "snapshot") this.queue = this.queue.filter(({ kind }) => kind !== "committed");
    if (announcement.kind === "committed" && last?.kind === "committed") last.end = announcement.end;
    else this.queue.push(announcement);
  }

  /** True: there is more to tell in the next turn. */
  run(): boolean {
    let bytesLeft = bytesPerTurn;
    for (let next = this.queue[0]; next !== undefined; next = this.queue[0]) {
      if (next.kind === "committed" && next.end > this.end) {
        if (bytesLeft <= 0) return true;
        bytesLeft -= this.feed(next.end);
        continue;
      }
      this.queue.shift();
      this.tell(next);
    }
    return false;
  }

  /** Gives some of the entries below `upTo`; answers how many bytes it read. */
  private feed(upTo: number): number {
    const maxBytes = limits.raftMessageBytesMax;
    const bytes = this.log.read({ from: this.end, upTo, maxBytes, minOneBatch: true });
    const entries: JournalEntry[] = [];
    let { end } = this;
    for (const one of readBatches(bytes, this.codecs)) {
      end = one.nextOffset;
      if (one.isControl) continue;
      for (const { offset, timestamp, value } of one.records) {
        assert(value !== null, `the metadata record at ${offset} should have a value`);
        entries.push({ envelope: { offset, epoch: one.leaderEpoch, timestamp }, value });
      }
    }
    assert(end > this.end, `the log should hold the committed entry at ${this.end}`);
    this.end = end;
    if (entries.length > 0) this.events.onCommitted(entries);
    this.listener.onFed(end);
    return bytes.length;
  }

  private tell(announcement: Announcement): void {
    switch (announcement.kind) {
      case "committed":
        return;
      case "snapshot": {
        const { end, epoch, bytes } = announcement;
        this.end = end;
        this.events.onSnapshot({ end, epoch, bytes });
        return;
      }
      case "leading":
        this.leadingTerm = announcement.term;
        this.events.onLeading(announcement.term);
        return;
      case "notLeading":
        this.listener.onNotLeading();
        if (this.leadingTerm === null) return;
        this.leadingTerm = null;
        this.events.onNotLeading();
        return;
      case "leader":
        this.listener.onLeader(announcement.leaderId, announcement.term);
    }
  }
}
