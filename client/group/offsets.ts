// shell: committed offsets of the group: asks for them and commits them, again and again as long as that may
// help. One commit is under way at a time, so that an older one never comes after a newer.

import { limits } from "../../base/limits.ts";
import { Mailbox } from "../../base/mailbox.ts";
import type { ClientEnv } from "../../base/ports/env.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import type { Sleeper } from "../cluster/sleeper.ts";
import { ClientError } from "../errors.ts";
import type { CommitEntry, CommittedOffset, MemberIdentity } from "./committed-offset.ts";
import type { Coordinator } from "./coordinator.ts";
import { byTopic, keyOf, type TopicPartition } from "./places.ts";
import { fine, type Verdict, verdictOf, verdictOfFailure } from "./verdicts.ts";

export interface OffsetsSettings {
  readonly groupId: string;
  readonly isStableOnly: boolean;
}

export class Offsets {
  readonly #env: ClientEnv;
  readonly #sleeper: Sleeper;
  readonly #coordinator: Coordinator;
  readonly #settings: OffsetsSettings;
  readonly #identity: () => MemberIdentity;
  /** While there are fixed commits on their way: of each partition, the number of the one it took last. */
  readonly #taken = new Map<string, number>();
  #commits = 0;
  #fixed = 0;
  readonly #line = new Mailbox({ name: "offset commits", sizeMax: limits.commitsWaitingMax });

  constructor(
    env: ClientEnv,
    parts: { coordinator: Coordinator; sleeper: Sleeper; identity: () => MemberIdentity },
    settings: OffsetsSettings,
  ) {
    this.#env = env;
    this.#sleeper = parts.sleeper;
    this.#coordinator = parts.coordinator;
    this.#identity = parts.identity;
    this.#settings = settings;
  }

  /**
   * By the key of the place; null where none is committed. `goesOn` is asked before each new attempt. Rejects
   * with BrokerError, or ClientError TIMED_OUT with the last reason as cause.
   */
  async fetch(
    places: readonly TopicPartition[],
    options: { timeoutMs: number; goesOn?: () => boolean },
  ): Promise<Map<string, CommittedOffset | null>> {
    const found = new Map<string, CommittedOffset | null>();
    await this.#persist("ask for committed offsets", options, async () => {
      const left = places.filter((place) => !found.has(keyOf(place)));
      const verdict = left.length === 0 ? fine : await this.#fetchOnce(left, found);
      // Heartbeats find out what becomes of the membership; until then nothing is decided here.
      return verdict.kind === "lost" ? { kind: "stale", error: verdict.error } : verdict;
    });
    return found;
  }

  /**
   * Commits; `entries` is asked anew before each attempt, so that what was given up meanwhile is not among
   * them. `isFixed`: they are of the time of the call, so that what was committed since is left as it is.
   * `onRejoin` is called when it takes another generation. Answers what was committed.
   */
  async commit(
    entries: () => readonly CommitEntry[],
    options: {
      timeoutMs: number;
      isFixed: boolean;
      onRejoin: (verdict: Verdict) => void;
      goesOn?: () => boolean;
    },
  ): Promise<readonly CommitEntry[]> {
    const asOf = ++this.#commits;
    if (!options.isFixed) return await this.#commitUntilTaken(entries, options, () => ++this.#commits);
    this.#fixed++;
    try {
      return await this.#commitUntilTaken(entries, options, () => asOf);
    } finally {
      if (--this.#fixed === 0) this.#taken.clear();
    }
  }

  async #commitUntilTaken(
    entries: () => readonly CommitEntry[],
    options: { timeoutMs: number; onRejoin: (verdict: Verdict) => void; goesOn?: () => boolean },
    numberOf: () => number,
  ): Promise<readonly CommitEntry[]> {
    let sent: readonly CommitEntry[] = [];
    await this.#persist("commit offsets", options, () =>
      this.#line.post(async () => {
        const number = numberOf();
        sent = entries().filter((entry) => (this.#taken.get(keyOf(entry)) ?? 0) <= number);
        if (sent.length === 0) return fine;
        const asked = this.#identity();
        if (isOut(asked)) {
          // Sent now it would count as a commit of nobody's, which an empty group takes whatever it has.
          const verdict = verdictOf(
            `commit offsets of group ${this.#settings.groupId}`,
            ErrorCode.ILLEGAL_GENERATION,
          );
          return verdict.kind === "lost" ? { kind: "stale", error: verdict.error } : verdict;
        }
        let verdict = await this.#commitOnce(sent);
        const now = this.#identity();
        const isOther =
          now.memberId !== asked.memberId || now.generationOrMemberEpoch !== asked.generationOrMemberEpoch;
        // It was refused as a member that this one is not any more: what it owns now may still be committed.
        if (verdict.kind === "lost" && isOther && now.memberId !== "") {
          verdict = { kind: "later", error: verdict.error };
        }
        const { kind } = verdict;
        if (kind === "fine" && this.#fixed > 0)
          for (const entry of sent) this.#taken.set(keyOf(entry), number);
        if (kind === "rejoin" || kind === "lost" || kind === "stale") options.onRejoin(verdict);
        return verdict;
      }),
    );
    return sent;
  }

  async #persist(
    what: string,
    options: { timeoutMs: number; goesOn?: () => boolean },
    attempt: () => Promise<Verdict>,
  ): Promise<void> {
    const backoff = this.#coordinator.backoff();
    const deadlineMs = this.#env.clock.monotonicMs() + options.timeoutMs;
    for (;;) {
      const verdict = await attempt();
      if (verdict.kind === "fine") return;
      if (verdict.kind === "fatal" || verdict.kind === "lost") throw verdict.error;
      if (verdict.kind === "coordinator") this.#coordinator.forget();
      const leftMs = deadlineMs - this.#env.clock.monotonicMs();
      if (leftMs <= 0 || options.goesOn?.() === false) {
        const text = `${what} of group ${this.#settings.groupId}: not done within ${options.timeoutMs} ms`;
        throw new ClientError("TIMED_OUT", `${text}: ${verdict.error.message}`, { cause: verdict.error });
      }
      await this.#sleeper.sleep(Math.min(leftMs, backoff.nextMs()));
    }
  }

  async #fetchOnce(
    places: readonly TopicPartition[],
    found: Map<string, CommittedOffset | null>,
  ): Promise<Verdict> {
    const { groupId, isStableOnly } = this.#settings;
    const { memberId, generationOrMemberEpoch, protocol } = this.#identity();
    const topics = byTopic(places).map(({ topic, partitions }) => ({
      name: topic,
      partitionIndexes: partitions,
    }));
    const what = `ask for committed offsets of group ${groupId}`;
    try {
      const answer = await this.#coordinator.request("control", apis.OffsetFetch, (version: number) => {
        if (version < 8) return { groupId, topics, ...(version >= 7 ? { requireStable: isStableOnly } : {}) };
        const isMember = version >= 9 && protocol === "consumer" && memberId !== "";
        const member = isMember ? { memberId, memberEpoch: generationOrMemberEpoch } : {};
        return { groups: [{ groupId, topics, ...member }], requireStable: isStableOnly };
      });
      const group = answer.groups[0] ?? answer;
      const whole = verdictOf(what, group.errorCode);
      if (whole.kind !== "fine") return whole;
      let worst: Verdict = fine;
      for (const { name: topic, partitions } of group.topics) {
        for (const { partitionIndex: partition, errorCode, ...told } of partitions) {
          const verdict = verdictOf(`${what}: ${topic}-${partition}`, errorCode);
          if (verdict.kind !== "fine") {
            worst = worse(worst, verdict);
            continue;
          }
          const { committedOffset: offset, committedLeaderEpoch: leaderEpoch, metadata } = told;
          const entry = { topic, partition, offset, leaderEpoch, metadata: metadata ?? "" };
          found.set(keyOf(entry), offset < 0 ? null : entry);
        }
      }
      if (worst.kind === "fine" && places.some((place) => !found.has(keyOf(place)))) {
        return verdictOf(`${what}: the answer lacks partitions`, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      }
      return worst;
    } catch (error) {
      return verdictOfFailure(error);
    }
  }

  async #commitOnce(entries: readonly CommitEntry[]): Promise<Verdict> {
    const { groupId } = this.#settings;
    const { memberId, generationOrMemberEpoch, groupInstanceId } = this.#identity();
    const byKey = new Map(entries.map((entry) => [keyOf(entry), entry]));
    const grouped = byTopic([...byKey.values()]);
    const what = `commit offsets of group ${groupId}`;
    const body = (version: number) => ({
      groupId,
      generationIdOrMemberEpoch: generationOrMemberEpoch,
      memberId,
      ...(version >= 7 ? { groupInstanceId } : {}),
      topics: grouped.map(({ topic, partitions }) => ({
        name: topic,
        partitions: partitions.map((partition) => {
          const { offset, leaderEpoch, metadata } = byKey.get(keyOf({ topic, partition }))!;
          const plain = {
            partitionIndex: partition,
            committedOffset: offset,
            committedMetadata: metadata ?? "",
          };
          return version >= 6 ? { ...plain, committedLeaderEpoch: leaderEpoch } : plain;
        }),
      })),
    });
    try {
      const answer = await this.#coordinator.request("control", apis.OffsetCommit, body, {
        versions: { min: 2 },
      });
      let worst: Verdict = fine;
      for (const { name, partitions } of answer.topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          const verdict = verdictOf(`${what}: ${name}-${partitionIndex}`, errorCode);
          // A topic that was deleted must not hold up a rebalance.
          const isGone = errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
          worst = worse(worst, isGone && verdict.kind === "later" ? { ...verdict, kind: "fatal" } : verdict);
        }
      }
      return worst;
    } catch (error) {
      return verdictOfFailure(error);
    }
  }
}

/** A member by intention that the group does not have now. */
function isOut({ protocol, generationOrMemberEpoch: epoch }: MemberIdentity): boolean {
  return protocol !== null && (epoch < 0 || (protocol === "consumer" && epoch === 0));
}

const gravity: readonly Verdict["kind"][] = [
  "fine",
  "later",
  "stale",
  "rejoin",
  "coordinator",
  "lost",
  "fatal",
];

function worse(one: Verdict, other: Verdict): Verdict {
  return gravity.indexOf(other.kind) > gravity.indexOf(one.kind) ? other : one;
}
