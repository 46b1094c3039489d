// shell: commits of one consumer: what is processed, in intervals; what it has handed out, or any offsets,
// when the program says so. Keeps true: a partition that is not this member's is not committed by it.
import type { ClientEnv } from "../../base/ports/env.ts";
import type { Sleeper } from "../cluster/sleeper.ts";
import type { ConsumerSettings } from "../consumer/consumer-options.ts";
import type { PartitionReader } from "../consumer/partition-reader.ts";
import type { ReadSet } from "../consumer/read-set.ts";
import { asError, ClientError } from "../errors.ts";
import { tell } from "../events.ts";
import { quote } from "../options/read-options.ts";
import type { CommitEntry, CommittedOffset, OffsetCommit } from "./committed-offset.ts";
import type { Offsets } from "./offsets.ts";
import { keyOf, keysOf, type TopicPartition } from "./places.ts";
import { Progress, type ProgressRow } from "./progress.ts";
import { type Verdict, verdictOf } from "./verdicts.ts";

export interface CommitterParts {
  readonly env: ClientEnv;
  readonly settings: ConsumerSettings;
  readonly groupId: string;
  readonly reads: ReadSet;
  readonly offsets: Offsets;
  readonly sleeper: Sleeper;
  /** Partitions come from the group, rather than from `assign`. */
  readonly isMember: () => boolean;
  readonly heard: (verdict: Verdict) => void;
}

export class Committer {
  readonly progress = new Progress();
  readonly #parts: CommitterParts;
  #isRunning = false;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  /** Commits in intervals from now on, if the options say so. */
  begin(): void {
    if (this.#isRunning || !this.#parts.settings.autoCommit) return;
    this.#isRunning = true;
    void this.#run().catch(() => {});
  }

  /**
   * Everything handed out by now; of what a runner of handlers reads, everything handled. Rejects with
   * ClientError COMMIT_FENCED, TIMED_OUT or with BrokerError.
   */
  async commitHandedOut(): Promise<void> {
    const { reads, settings } = this.#parts;
    const reached = (reader: PartitionReader): number => (reader.isTracked ? reader.doneTo : reader.position);
    const asked = new Map(reads.assigned.map(({ reader }) => [reader, reached(reader)]));
    // A second attempt comes when more is handed out, of which nobody has said that it is done.
    const due = (): CommitEntry[] =>
      this.#due((reader) => Math.min(asked.get(reader) ?? -1, reached(reader)), null);
    const owned = this.#ownership(due());
    await this.#commit(due, { timeoutMs: settings.apiTimeoutMs, isFixed: true });
    owned.check();
  }

  /** Everything processed so far, of these partitions or (null) of all. */
  async commitDone(places: readonly TopicPartition[] | null, timeoutMs: number): Promise<void> {
    const only = places === null ? null : keysOf(places);
    await this.#commit(() => this.#due((reader) => reader.doneTo, only), { timeoutMs, isFixed: false });
  }

  /** These offsets. Rejects also when a partition is not assigned to this member (any more). */
  async commitThese(given: readonly OffsetCommit[]): Promise<void> {
    const entries = given.map(readCommit);
    const asked = this.#ownership(entries);
    asked.check();
    const own = (): CommitEntry[] => entries.filter(asked.isOwn).map((entry) => this.#withEpoch(entry));
    await this.#commit(own, { timeoutMs: this.#parts.settings.apiTimeoutMs, isFixed: true });
    asked.check();
  }

  /**
   * In the order asked; null where nothing is committed. Rejects with BrokerError or ClientError TIMED_OUT.
   */
  async committed(places: readonly TopicPartition[]): Promise<(CommittedOffset | null)[]> {
    const timeoutMs = this.#parts.settings.apiTimeoutMs;
    const found = await this.#parts.offsets.fetch(places, { timeoutMs });
    return places.map((place) => found.get(keyOf(place)) ?? null);
  }

  /**
   * Whether partitions are still this member's, as they were when this was called. One that went and came
   * back is not: whoever had it meanwhile may be further.
   */
  #ownership(entries: readonly CommitEntry[]) {
    const { reads, isMember } = this.#parts;
    const owners = new Map(entries.map((entry) => [keyOf(entry), reads.reader(entry)]));
    const isOwn = (entry: CommitEntry): boolean => {
      const reader = reads.reader(entry);
      return !isMember() || (reader !== null && reader === owners.get(keyOf(entry)));
    };
    /** Throws ClientError COMMIT_FENCED. */
    const check = (): void => {
      const foreign = entries.find((entry) => !isOwn(entry));
      if (foreign === undefined) return;
      const text = `commit: ${foreign.topic}-${foreign.partition} is not assigned to this member (any more)`;
      throw new ClientError("COMMIT_FENCED", text);
    };
    return { isOwn, check };
  }

  #due(offsetOf: (reader: PartitionReader) => number, only: ReadonlySet<string> | null): CommitEntry[] {
    const rows: ProgressRow[] = [];
    for (const { reader } of this.#parts.reads.assigned) {
      if (only !== null && !only.has(keyOf(reader))) continue;
      const { topic, partition, positionEpoch: leaderEpoch, token } = reader;
      rows.push({ topic, partition, offset: offsetOf(reader), leaderEpoch, token });
    }
    return this.progress.due(rows);
  }

  #withEpoch(entry: CommitEntry): CommitEntry {
    const reader = this.#parts.reads.reader(entry);
    if (reader === null || entry.offset > reader.position) return entry;
    return { ...entry, leaderEpoch: reader.positionEpoch };
  }

  async #commit(
    entries: () => readonly CommitEntry[],
    options: { timeoutMs: number; isFixed: boolean },
  ): Promise<void> {
    const { reads, offsets, groupId, settings, heard, isMember } = this.#parts;
    // It may be over by the time that the answer comes: the consumer is being closed, or was not polled.
    const wasMember = isMember();
    const tokens = new Map<string, number>();
    const note = (): readonly CommitEntry[] => {
      const list = entries();
      for (const entry of list) {
        const reader = reads.reader(entry);
        if (reader !== null) tokens.set(keyOf(entry), reader.token);
      }
      return list;
    };
    try {
      const done = await offsets.commit(note, { ...options, onRejoin: heard });
      this.progress.acknowledged(done, (place) => {
        const token = tokens.get(keyOf(place));
        return token !== undefined && reads.reader(place)?.token === token ? token : null;
      });
      if (done.length > 0)
        tell(settings.onEvent, { kind: "offsetsCommitted", groupId, partitions: done.length });
    } catch (error) {
      tell(settings.onEvent, { kind: "commitFailed", groupId, error: asError(error) });
      throw explained(asError(error), wasMember);
    }
  }

  async #run(): Promise<void> {
    const { sleeper, settings, env, groupId } = this.#parts;
    for (;;) {
      await sleeper.sleep(settings.autoCommitIntervalMs);
      try {
        await this.commitDone(null, Math.max(1_000, settings.autoCommitIntervalMs));
      } catch (error) {
        if (sleeper.isClosed) return;
        env.log.debug({ group: groupId, reason: asError(error).message }, "offsets are committed later");
      }
    }
  }
}

/** A member that is out cannot commit any more, and should know what that means. */
function explained(error: Error, wasMember: boolean): Error {
  const code = "code" in error && typeof error.code === "number" ? error.code : 0;
  if (!wasMember || code === 0 || verdictOf("", code).kind !== "lost") return error;
  return new ClientError("COMMIT_FENCED", error.message, { cause: error });
}

function readCommit(given: OffsetCommit): CommitEntry {
  const { topic, partition, offset, metadata } = given;
  const isPlace = typeof topic === "string" && topic !== "" && Number.isInteger(partition) && partition >= 0;
  if (isPlace && Number.isSafeInteger(offset) && offset >= 0) {
    return { topic, partition, offset, metadata: metadata ?? "", leaderEpoch: -1 };
  }
  const shown = `${quote(topic)}, partition ${quote(partition)}, offset ${quote(offset)}`;
  const text = `commit: ${shown}; it should be a topic's name, and whole numbers of 0 or more`;
  throw new ClientError("INVALID_OPTION", text);
}
