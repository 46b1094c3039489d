// shell: the groups of one partition of __consumer_offsets, for the length of one leadership of it. Requests
// are decided on the speculative view and on what the groups are in the middle of (classic/); answers leave
// once the records are committed; fetches are answered from the committed view.
//
// Keeps true: nothing is answered before all that was in the log is loaded; once the leadership is over, or
// the log failed, everybody who waits is told NOT_COORDINATOR and nothing of the shard is used again.

import { limits } from "../../../base/limits.ts";
import type { Codecs } from "../../../base/ports/codecs.ts";
import type { Log } from "../../../base/ports/log.ts";
import { BrokerError } from "../../../proto/errors.ts";
import type { Decision, Moment } from "../../machine/machine.ts";
import { MachineRuntime } from "../../machine/runtime.ts";
import { groupMachine } from "../state/group-machine.ts";
import type { GroupRecord, WrittenRecord } from "../state/group-records.ts";
import type { GroupState } from "../state/group-state.ts";
import type { ShardChange, ShardState } from "../state/replay.ts";
import { ClassicSide, type ClassicSurroundings } from "./classic-side.ts";
import { CommitBatch } from "./commit-batch.ts";
import { ConsumerSide, type ConsumerSurroundings } from "./consumer-side.ts";
import { OffsetSide, type OffsetSurroundings } from "./offset-side.ts";
import { PartitionJournal } from "./partition-journal.ts";
import type { LoadFacts, ShardLog } from "./shard-log.ts";
import type { ShardPort } from "./shard-port.ts";

export interface ShardSurroundings extends ClassicSurroundings, ConsumerSurroundings, OffsetSurroundings {
  readonly codecs: Codecs;
  readonly log: Log;
  readonly halt: (reason: string) => never;
  onLoaded(shard: GroupShard, facts: LoadFacts): void;
  onEnded(shard: GroupShard, reason: string): void;
}

export class GroupShard implements ShardPort {
  readonly index: number;
  readonly leaderEpoch: number;
  readonly classic: ClassicSide;
  readonly consumer: ConsumerSide;
  readonly offsets: OffsetSide;
  readonly #surroundings: ShardSurroundings;
  readonly #runtime: MachineRuntime<ShardState, GroupRecord, ShardChange, WrittenRecord>;
  readonly #journal: PartitionJournal;
  readonly #commits: CommitBatch;

  constructor(index: number, log: ShardLog, surroundings: ShardSurroundings) {
    this.index = index;
    this.leaderEpoch = log.leaderEpoch;
    this.#surroundings = surroundings;
    const { clock, codecs } = surroundings;
    this.#runtime = new MachineRuntime({
      machine: groupMachine(log.name, surroundings.log, () => !this.isLoaded),
      clock,
      log: surroundings.log,
      halt: surroundings.halt,
      refusal: "NOT_COORDINATOR",
      pendingMax: limits.groupChangesPendingMax,
      onLeading: () => {
        this.classic.load();
        this.consumer.load();
        this.offsets.load();
      },
      onNotLeading: () => {
        this.classic.drop();
        this.consumer.drop();
      },
    });
    this.#commits = new CommitBatch({
      clock,
      write: (records) => {
        const decide = () => ({ records, reply: undefined });
        return this.#within(surroundings.settings().offsetsCommitTimeoutMs, this.#proposeNow(decide));
      },
    });
    this.classic = new ClassicSide(this, surroundings);
    this.consumer = new ConsumerSide(this, this.classic, surroundings);
    this.offsets = new OffsetSide(this, this.classic, surroundings);
    this.#journal = new PartitionJournal({
      ...{ log, clock, codecs },
      onLoaded: (facts) => surroundings.onLoaded(this, facts),
      onEnded: (reason) => {
        this.#runtime.close();
        surroundings.onEnded(this, reason);
      },
    });
    this.#runtime.attach(this.#journal);
  }

  start(): void {
    this.#journal.start(this.#runtime);
  }

  stop(): void {
    this.#journal.stop();
    this.#runtime.close();
  }

  /** Looks for members that were silent for too long. */
  tick(): void {
    this.classic.tick();
    this.consumer.tick();
  }

  get hasDeadlines(): boolean {
    return this.classic.hasDeadlines || this.consumer.hasDeadlines;
  }

  get isLoaded(): boolean {
    return this.#runtime.isLeading;
  }

  /** Throws COORDINATOR_LOAD_IN_PROGRESS. */
  needLoaded(): void {
    if (this.isLoaded) return;
    const text = `partition ${this.index} of the groups' topic is being loaded; try again in a moment`;
    throw new BrokerError("COORDINATOR_LOAD_IN_PROGRESS", text);
  }

  /** With all that was proposed. */
  group(groupId: string): GroupState | null {
    return this.#runtime.speculative?.groups.get(groupId) ?? null;
  }

  groups(): Iterable<GroupState> {
    return this.#runtime.speculative?.groups.values() ?? [];
  }

  /** With what can no longer be lost. */
  committedGroup(groupId: string): GroupState | null {
    return this.#runtime.committed.groups.get(groupId);
  }

  committedGroups(): Iterable<GroupState> {
    return this.#runtime.committed.groups.values();
  }

  get committedEnd(): number {
    return this.#runtime.committedEnd;
  }

  /** Resolves once it is committed; rejects with what `decide` threw or with codes that clients know. */
  propose<Reply>(decide: (state: ShardState, now: Moment) => Decision<WrittenRecord, Reply>): Promise<Reply> {
    // What was decided before stands before it in the log, and in the state that it is decided on.
    this.#commits.flush();
    return this.#proposeNow(decide);
  }

  async #proposeNow<Reply>(
    decide: (state: ShardState, now: Moment) => Decision<WrittenRecord, Reply>,
  ): Promise<Reply> {
    try {
      return await this.#runtime.propose(decide);
    } catch (error) {
      throw forClients(error);
    }
  }

  /** The same, given up after `timeoutMs`: it may be committed later all the same. */
  proposeWithin<Reply>(
    timeoutMs: number,
    decide: (state: ShardState, now: Moment) => Decision<WrittenRecord, Reply>,
  ): Promise<Reply> {
    return this.#within(timeoutMs, this.propose(decide));
  }

  /** Commits of offsets of one turn go together; the same bound for all of them. */
  commitOffsets(records: readonly WrittenRecord[]): Promise<void> {
    return this.#commits.add(records);
  }

  async #within<Reply>(timeoutMs: number, proposed: Promise<Reply>): Promise<Reply> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = this.#surroundings.clock.after(timeoutMs, () => {
      const text = `the change was not committed within ${timeoutMs} ms; it may be later`;
      reject(new BrokerError("COORDINATOR_NOT_AVAILABLE", text));
    });
    try {
      return await Promise.race([proposed, late]);
    } finally {
      timer.cancel();
      proposed.catch(() => {});
    }
  }
}

/** What the log refuses, by codes that group clients know and try again at. */
function forClients(error: unknown): unknown {
  if (!(error instanceof BrokerError)) return error;
  switch (error.errorName) {
    case "NOT_ENOUGH_REPLICAS":
    case "REQUEST_TIMED_OUT":
    case "THROTTLING_QUOTA_EXCEEDED":
      return new BrokerError("COORDINATOR_NOT_AVAILABLE", error.message);
    case "NOT_LEADER_OR_FOLLOWER":
    case "KAFKA_STORAGE_ERROR":
      return new BrokerError("NOT_COORDINATOR", error.message);
    default:
      return error;
  }
}
