// shell: how partitions come to a member of a group and leave it, whatever the protocol. Out: nothing more is
// handed out, what is in hand ends, what is done is committed, listeners are told; only then it is gone. In:
// from the committed offset, or where `offsetReset` says; nothing is handed out before listeners are done.
import type { ClientEnv } from "../../base/ports/env.ts";
import { deferred } from "../../base/waits.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { listOffsetsAt, type OffsetAnswer, type OffsetQuery } from "../cluster/list-offsets.ts";
import type { ConsumerSettings } from "../consumer/consumer-options.ts";
import { PartitionReader } from "../consumer/partition-reader.ts";
import type { ReadSet } from "../consumer/read-set.ts";
import { asError, ClientError, isRetriable } from "../errors.ts";
import { type GroupEvent, tell } from "../events.ts";
import type { AnyTopic } from "../topics/topic.ts";
import type { CommittedOffset } from "./committed-offset.ts";
import type { OnPartitions } from "./group-options.ts";
import type { Offsets } from "./offsets.ts";
import { keyOf, keysOf, type TopicPartition } from "./places.ts";
import type { Progress } from "./progress.ts";

/** How long new partitions wait for the offsets where they begin, before those that have one go ahead. */
const startWaitMs = 3_000;
/** One attempt to learn committed offsets or where a log begins or ends; then it is tried again. */
const attemptMs = 30_000;

export type RevokedListener = (places: readonly TopicPartition[], why: "revoked" | "lost") => Promise<void>;

export interface HandoverParts {
  readonly env: ClientEnv;
  readonly cluster: Cluster;
  readonly settings: ConsumerSettings;
  readonly groupId: string;
  readonly reads: ReadSet;
  readonly offsets: Offsets;
  readonly progress: Progress;
  readonly definitionOf: (topic: string) => AnyTopic;
  /** Such a topic begins at the start of its log, whatever `offsetReset` says. */
  readonly isExtra: (topic: string) => boolean;
  readonly lookUp: (queries: readonly OffsetQuery[]) => Promise<OffsetAnswer[]>;
  /** Commits what is done of these partitions; may reject. */
  readonly commit: (places: readonly TopicPartition[], timeoutMs: number) => Promise<void>;
}

export class Handover {
  readonly #parts: HandoverParts;
  readonly #listeners = new Set<RevokedListener>();
  #ownerships = 0;

  constructor(parts: HandoverParts) {
    this.#parts = parts;
  }

  get owned(): TopicPartition[] {
    return this.#parts.reads.assigned.map(({ reader: { topic, partition } }) => ({ topic, partition }));
  }

  onRevoked(listener: RevokedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves when they are given up, after `boundMs` at the latest. `lost` resolves when they are gone
   * anyway: then nothing is committed any more.
   */
  async giveUp(places: readonly TopicPartition[], boundMs: number, lost: Promise<void>): Promise<void> {
    if (places.length === 0) return;
    const { env, settings, reads } = this.#parts;
    const deadlineMs = env.clock.monotonicMs() + boundMs;
    const left = (): number => Math.max(0, deadlineMs - env.clock.monotonicMs());
    this.#hold(places, true);
    let isLost = false;
    const gone = lost.then(() => {
      isLost = true;
    });
    const runners = [...this.#listeners].map((listener) => this.#call(() => listener(places, "revoked")));
    // A fifth of the time is kept for what comes after the work in hand.
    await this.#within(Promise.all([reads.idle(places), ...runners]), left() * 0.8, gone);
    if (!isLost && settings.autoCommit) {
      const timeoutMs = Math.max(1, left() * 0.7);
      const committed = this.#parts.commit(places, timeoutMs).catch((error: Error) => {
        const facts = { group: this.#parts.groupId, reason: error.message };
        env.log.warn(facts, "offsets were not committed before partitions went; records will be read again");
      });
      await this.#within(committed, timeoutMs, gone);
    }
    const { onRevoked, onLost } = settings;
    if (isLost) await this.#within(this.#tellProgram(onLost, places), left(), null);
    else await this.#within(this.#tellProgram(onRevoked, places), left(), gone);
    this.#drop(places);
    this.#tell(isLost ? "partitionsLost" : "partitionsRevoked", places);
  }

  /** They are another's already. */
  async lose(places: readonly TopicPartition[], boundMs: number): Promise<void> {
    if (places.length === 0) return;
    this.#drop(places);
    this.#tell("partitionsLost", places);
    const runners = [...this.#listeners].map((listener) => this.#call(() => listener(places, "lost")));
    await this.#within(
      Promise.all([this.#tellProgram(this.#parts.settings.onLost, places), ...runners]),
      boundMs,
      null,
    );
  }

  /**
   * Resolves when records of them may be handed out. Answers false when `goesOn` said no meanwhile: then the
   * partitions are not, or no more, among what is owned. Rejects with BrokerError when offsets are refused.
   */
  async take(places: readonly TopicPartition[], boundMs: number, goesOn: () => boolean): Promise<boolean> {
    const { settings, reads, cluster } = this.#parts;
    for (const { topic } of places) cluster.track(topic);
    const committed = await this.#committed(places, goesOn);
    if (committed === null || !goesOn()) return false;
    const added = places.map((place) => {
      const start = committed.get(keyOf(place)) ?? null;
      return { reader: this.#readerAt(place, start), topic: this.#parts.definitionOf(place.topic) };
    });
    const kept = keysOf(places);
    reads.set([...reads.assigned.filter(({ reader }) => !kept.has(keyOf(reader))), ...added]);
    await this.#findStarts(added.map((item) => item.reader).filter((reader) => reader.position < 0));
    if (places.length > 0) await this.#within(this.#tellProgram(settings.onAssigned, places), boundMs, null);
    if (places.length > 0) this.#tell("partitionsAssigned", places);
    if (!goesOn()) return false;
    this.#hold(places, false);
    return true;
  }

  /** Calls listeners at the end, without waiting longer than the bound. */
  async tellEnd(boundMs: number): Promise<void> {
    const places = this.owned;
    if (places.length === 0) return;
    const runners = [...this.#listeners].map((listener) => this.#call(() => listener(places, "revoked")));
    await this.#within(Promise.all(runners), boundMs, null);
  }

  async tellProgramOfEnd(boundMs: number): Promise<void> {
    const places = this.owned;
    if (places.length === 0) return;
    await this.#within(this.#tellProgram(this.#parts.settings.onRevoked, places), boundMs, null);
    this.#tell("partitionsRevoked", places);
  }

  #readerAt(place: TopicPartition, start: CommittedOffset | null): PartitionReader {
    const { env, settings, progress } = this.#parts;
    const at = { offset: start?.offset ?? -1, leaderEpoch: start?.leaderEpoch ?? -1, end: null };
    const options = { codecs: env.codecs, checkCrcs: settings.checkCrcs };
    const { topic, partition } = place;
    const reader = new PartitionReader({ topic, partition, ...at, ownership: ++this.#ownerships }, options);
    reader.isHeld = true;
    if (start === null) reader.isLookingUp = true;
    progress.begin(place, at.offset, reader.token);
    return reader;
  }

  async #committed(places: readonly TopicPartition[], goesOn: () => boolean) {
    const { env, offsets, cluster } = this.#parts;
    while (goesOn()) {
      try {
        return await offsets.fetch(places, { timeoutMs: attemptMs, goesOn });
      } catch (error) {
        if (!isRetriable(error) || cluster.isClosed) throw error;
        env.log.warn(
          { reason: asError(error).message },
          "committed offsets are not to be learnt, still trying",
        );
      }
    }
    return null;
  }

  /** Those whose leaders do not answer go on looking while the others begin. */
  async #findStarts(lacking: readonly PartitionReader[]): Promise<void> {
    const { isExtra, settings } = this.#parts;
    let readers = lacking;
    if (settings.offsetReset === "error") {
      readers = lacking.filter((reader) => isExtra(reader.topic));
      for (const reader of lacking) {
        if (isExtra(reader.topic)) continue;
        const place = `${reader.topic}-${reader.partition}`;
        const text = `read ${place}: group ${this.#parts.groupId} has committed no offset`;
        reader.failure = new ClientError("NO_COMMITTED_OFFSET", text);
        reader.isLookingUp = false;
      }
    }
    if (readers.length === 0) return;
    const { cluster } = this.#parts;
    await this.#within(cluster.refreshed(), startWaitMs, null);
    const byLeader = new Map<number, PartitionReader[]>();
    for (const reader of readers) {
      const leader = cluster.cache.partition(reader.topic, reader.partition)?.leader ?? -1;
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), reader]);
    }
    const searches = [...byLeader.values()].map((group) => this.#findStartsOf(group));
    await this.#within(Promise.all(searches), startWaitMs, null);
  }

  async #findStartsOf(readers: readonly PartitionReader[]): Promise<void> {
    const { env, cluster, settings, lookUp, reads, isExtra } = this.#parts;
    const { earliest, latest } = listOffsetsAt;
    const timeOf = (topic: string): number =>
      settings.offsetReset === "earliest" || isExtra(topic) ? earliest : latest;
    const generations = new Map(readers.map((reader) => [reader, reader.generation]));
    for (;;) {
      // A seek, or the partition's going, answers the question otherwise.
      const open = readers.filter((reader) => reader.generation === generations.get(reader));
      if (open.length === 0 || cluster.isClosed) return;
      try {
        const found = await lookUp(
          open.map(({ topic, partition }) => ({ topic, partition, timestamp: timeOf(topic) })),
        );
        for (const [at, reader] of open.entries()) {
          if (reader.generation !== generations.get(reader)) continue;
          reader.seek(found[at]!.offset, found[at]!.leaderEpoch);
        }
        reads.wake();
        return;
      } catch (error) {
        if (cluster.isClosed) return;
        if (!isRetriable(error)) {
          for (const reader of open) reader.failure = asError(error);
          reads.tell();
          return;
        }
        env.log.warn({ reason: asError(error).message }, "no place to begin is to be learnt, still trying");
        await cluster.sleeper.sleep(settings.retryBackoffMaxMs).catch(() => {});
      }
    }
  }

  #hold(places: readonly TopicPartition[], isHeld: boolean): void {
    const { reads } = this.#parts;
    for (const place of places) {
      const reader = reads.reader(place);
      if (reader !== null) reader.isHeld = isHeld;
    }
    reads.wake();
  }

  #drop(places: readonly TopicPartition[]): void {
    const { reads, cluster, progress } = this.#parts;
    const gone = keysOf(places);
    const left = reads.assigned.filter(({ reader }) => !gone.has(keyOf(reader)));
    reads.set(left);
    progress.end(places);
    const topics = new Set(left.map(({ reader }) => reader.topic));
    for (const { topic } of places) if (!topics.has(topic)) cluster.untrack(topic);
  }

  /** What a listener of the program throws, the iteration throws; the group goes on. */
  async #tellProgram(listener: OnPartitions | null, places: readonly TopicPartition[]): Promise<void> {
    if (listener === null) return;
    try {
      await listener(places);
    } catch (error) {
      const { message } = asError(error);
      const text = `a listener for partitions of group ${this.#parts.groupId} failed: ${message}`;
      this.#parts.reads.fail(new ClientError("LISTENER_FAILED", text, { cause: error }), true);
    }
  }

  async #call(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#parts.env.log.error({ reason: asError(error).message }, "a runner failed while partitions went");
    }
  }

  /** Waits for it, but not longer than `boundMs`, and not when `gone` resolves. Never rejects. */
  async #within(work: Promise<unknown>, boundMs: number, gone: Promise<void> | null): Promise<void> {
    const over = deferred<void>();
    const timer = this.#parts.env.clock.after(Math.max(0, boundMs), () => over.resolve());
    const settled = work.then(
      () => {},
      () => {},
    );
    await Promise.race([settled, over.promise, ...(gone === null ? [] : [gone])]);
    timer.cancel();
  }

  #tell(
    kind: "partitionsAssigned" | "partitionsRevoked" | "partitionsLost",
    partitions: readonly TopicPartition[],
  ): void {
    const { settings, groupId, env } = this.#parts;
    env.log.info(
      { group: groupId, kind, partitions: partitions.length },
      "partitions of the group came or went",
    );
    const event: GroupEvent = { kind, groupId, partitions };
    tell(settings.onEvent, event);
  }
}
