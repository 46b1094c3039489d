// shell: where the log of a partition begins and ends, and which offset a time has: asked of the leaders,
// again and again until they answer. Serves consumer and admin.
import { Backoff } from "../../base/backoff.ts";
import type { ClientEnv } from "../../base/ports/env.ts";
import { ErrorCode, errorInfo } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { asError, brokerError, ClientError, isRetriable } from "../errors.ts";
import type { Cluster } from "./cluster.ts";

/** Timestamps with a meaning of their own. */
export const listOffsetsAt = { latest: -1, earliest: -2, maxTimestamp: -3 } as const;

export interface OffsetQuery {
  readonly topic: string;
  readonly partition: number;
  /** Milliseconds since 1970, or one of `listOffsetsAt`. */
  readonly timestamp: number;
}

export interface OffsetAnswer extends OffsetQuery {
  /** -1: no record of that time or later. */
  readonly offset: number;
  /** Of the record found; -1 for the ends of the log. */
  readonly foundTimestamp: number;
  /** -1 when the broker does not say. */
  readonly leaderEpoch: number;
}

export interface OffsetLookup {
  readonly isCommittedOnly: boolean;
  readonly timeoutMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
}

/**
 * One answer a query, in the same order; the topics must be tracked. Rejects with BrokerError for what a
 * leader refuses for good, with ClientError TIMED_OUT when some leader could not be asked in time.
 */
export async function listOffsets(
  env: ClientEnv,
  cluster: Cluster,
  queries: readonly OffsetQuery[],
  options: OffsetLookup,
): Promise<OffsetAnswer[]> {
  const answers = new Map<OffsetQuery, OffsetAnswer>();
  const deadlineMs = env.clock.monotonicMs() + options.timeoutMs;
  const backoff = new Backoff(
    { baseMs: options.retryBackoffMs, maxMs: options.retryBackoffMaxMs },
    env.random,
  );
  for (;;) {
    const open = queries.filter((query) => !answers.has(query));
    if (open.length === 0) return queries.map((query) => answers.get(query)!);
    const rounds = await Promise.all(
      groupByLeader(cluster, open).map(({ leader, asked }) =>
        askLeader(cluster, leader, asked, options, answers),
      ),
    );
    const problems = rounds.filter((round) => round !== null);
    const problem = problems.find((each) => !isRetriable(each)) ?? problems[0] ?? null;
    if (problem === null) continue;
    if (!isRetriable(problem)) throw problem;
    const leftMs = deadlineMs - env.clock.monotonicMs();
    if (leftMs <= 0) {
      const text = `look up offsets: not answered within ${options.timeoutMs} ms: ${problem.message}`;
      throw new ClientError("TIMED_OUT", text, { cause: problem });
    }
    cluster.requestRefresh();
    await cluster.sleeper.sleep(Math.min(leftMs, backoff.nextMs()));
  }
}

/** One request may name a partition once; a second question about it goes in another request. */
function groupByLeader(
  cluster: Cluster,
  queries: readonly OffsetQuery[],
): { leader: number; asked: OffsetQuery[] }[] {
  const groups = new Map<string, { leader: number; asked: OffsetQuery[] }>();
  const times = new Map<string, number>();
  for (const query of queries) {
    const leader = cluster.cache.partition(query.topic, query.partition)?.leader ?? -1;
    const place = `${query.topic} ${query.partition}`;
    const before = times.get(place) ?? 0;
    times.set(place, before + 1);
    const key = `${leader} ${before}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { leader, asked: [query] });
    else group.asked.push(query);
  }
  return [...groups.values()];
}

/** Answers what stood in the way of the last query that failed; null: all were answered. */
async function askLeader(
  cluster: Cluster,
  leader: number,
  queries: readonly OffsetQuery[],
  options: OffsetLookup,
  answers: Map<OffsetQuery, OffsetAnswer>,
): Promise<Error | null> {
  const first = queries[0]!;
  if (leader < 0) return new ClientError("NO_LEADER", `${first.topic}-${first.partition} has no leader now`);
  const topics = new Map<
    string,
    { partitionIndex: number; currentLeaderEpoch: number; timestamp: number }[]
  >();
  for (const { topic, partition, timestamp } of queries) {
    const currentLeaderEpoch = cluster.cache.partition(topic, partition)?.leaderEpoch ?? -1;
    const list = topics.get(topic) ?? [];
    list.push({ partitionIndex: partition, currentLeaderEpoch, timestamp });
    topics.set(topic, list);
  }
  const body = {
    replicaId: -1,
    isolationLevel: options.isCommittedOnly ? 1 : 0,
    topics: [...topics].map(([name, partitions]) => ({ name, partitions })),
    timeoutMs: options.timeoutMs,
  };
  const wantsMax = queries.some((query) => query.timestamp === listOffsetsAt.maxTimestamp);
  const min = wantsMax ? 7 : options.isCommittedOnly ? 2 : 1;
  try {
    const response = await cluster.toBroker(leader, "control", apis.ListOffsets, body, { versions: { min } });
    let problem: Error | null = null;
    const told = new Map(
      response.topics.flatMap((topic) =>
        topic.partitions.map((item) => [`${topic.name} ${item.partitionIndex}`, item] as const),
      ),
    );
    for (const query of queries) {
      const answer = told.get(`${query.topic} ${query.partition}`);
      const code = answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      if (answer === undefined || code !== ErrorCode.NONE) {
        const error = brokerError(`look up an offset of ${query.topic}-${query.partition}`, code);
        if (problem === null || !errorInfo(code).retriable) problem = error;
        continue;
      }
      const { offset, timestamp: foundTimestamp, leaderEpoch } = answer;
      answers.set(query, { ...query, offset, foundTimestamp, leaderEpoch });
    }
    return problem;
  } catch (error) {
    return asError(error);
  }
}
