// shell: Produce: every batch is appended before the first await, so that requests of one connection keep
// their order; then, for acks=all, each waits until it is committed. One partition's failure is no other's.
//
// Source: kafka-protocol Produce; acks 0 and 1 answer once the batch is in the page cache.
import type { PartitionImage } from "../../cluster/metadata/image.ts";
import { batch, batchHeaderBytes } from "../../proto/batch/header.ts";
import type { RequestContext } from "../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import { expectedError, LeaderHints, needReplica, noLeaderHint } from "./partitions.ts";
import type { BrokerPorts, ClientPartition } from "./ports.ts";
import { isInternalTopic, needPartition, needTopicByName } from "./topics.ts";

type Request = RequestOf<"Produce">;
type Response = ResponseOf<"Produce">;
type Result = Response["responses"][number]["partitionResponses"][number];
type Acks = -1 | 0 | 1;
type Appended = ReturnType<ClientPartition["append"]>;

const firstVersionWithZstd = 7;
const adminClientId = "__admin_client";

interface Attempt {
  readonly index: number;
  /** As far as it could be looked up. */
  readonly partition: PartitionImage | undefined;
  readonly replica: ClientPartition | undefined;
  readonly outcome: Appended | BrokerError;
  /** Why it is in the log and was not committed in time. */
  uncommitted: BrokerError | null;
}

interface TopicAttempts {
  readonly name: string;
  readonly attempts: readonly Attempt[];
}

export async function produce(
  ports: BrokerPorts,
  request: Request,
  context: RequestContext,
): Promise<Response> {
  const { acks, timeoutMs } = request;
  const topics = request.topicData.map(({ name, partitionData }): TopicAttempts => {
    const attempts = partitionData.map((data) => {
      const one = attempt(ports, { request, context, name, ...data });
      // It is in the log, or never will be: a request that waits for its acknowledgement keeps no records.
      data.records = null;
      return one;
    });
    return { name, attempts };
  });
  if (acks === -1) await allCommitted(topics, Math.max(0, timeoutMs));
  const hints = new LeaderHints(ports.metadata.image, context.listenerName);
  const responses = topics.map(({ name, attempts }) => ({
    name,
    partitionResponses: attempts.map((one) => resultOf(one, hints)),
  }));
  return { responses, throttleTimeMs: 0, nodeEndpoints: hints.endpoints };
}

/** Most requests are of one partition: there is nothing to gather then. */
async function allCommitted(topics: readonly TopicAttempts[], timeoutMs: number): Promise<void> {
  const [first] = topics;
  if (topics.length === 1 && first!.attempts.length === 1) return commit(first!.attempts[0]!, timeoutMs);
  await Promise.all(topics.flatMap(({ attempts }) => attempts.map((one) => commit(one, timeoutMs))));
}

interface Item {
  readonly request: Request;
  readonly context: RequestContext;
  readonly name: string;
  readonly index: number;
  readonly records: Uint8Array | null;
}

function attempt(ports: BrokerPorts, item: Item): Attempt {
  const { request, context, name, index, records } = item;
  let partition: PartitionImage | undefined;
  let replica: ClientPartition | undefined;
  try {
    checkRequest(request);
    partition = needPartition(needTopicByName(ports.metadata.image, name), index);
    checkTopic(name, context);
    replica = needReplica(ports, partition);
    const outcome = replica.append({
      batch: checkedRecords(records),
      acks: request.acks as Acks,
      allowsZstd: context.apiVersion >= firstVersionWithZstd,
    });
    return { index, partition, replica, outcome, uncommitted: null };
  } catch (error) {
    return { index, partition, replica, outcome: expectedError(error), uncommitted: null };
  }
}

function checkRequest({ acks, transactionalId }: Request): void {
  if (acks !== -1 && acks !== 0 && acks !== 1) {
    throw new BrokerError("INVALID_REQUIRED_ACKS", `acks is ${acks}; it must be -1 (all), 0 or 1`);
  }
  if (transactionalId !== null) {
    throw new BrokerError("INVALID_TXN_STATE", `"${transactionalId}" has no transaction; there are none yet`);
  }
}

function checkTopic(name: string, { clientId }: RequestContext): void {
  if (!isInternalTopic(name) || clientId === adminClientId) return;
  throw new BrokerError("INVALID_TOPIC_EXCEPTION", `"${name}" is internal; clients cannot write to it`);
}

function checkedRecords(records: Uint8Array | null): Uint8Array {
  if (records === null || records.length === 0) {
    throw new BrokerError("INVALID_RECORD", "there are no records; one batch is needed for every partition");
  }
  if (records.length >= batchHeaderBytes && batch.isTransactional(records, 0)) {
    throw new BrokerError(
      "INVALID_TXN_STATE",
      "the batch is transactional; there are no transactions " + "here yet",
    );
  }
  return records;
}

async function commit(one: Attempt, timeoutMs: number): Promise<void> {
  if (one.outcome instanceof BrokerError || one.replica === undefined) return;
  const { end, leaderEpoch } = one.outcome;
  try {
    await one.replica.awaitCommitted({ end, leaderEpoch, timeoutMs });
  } catch (error) {
    one.uncommitted = expectedError(error);
  }
}

function resultOf(one: Attempt, hints: LeaderHints): Result {
  const { index, outcome, uncommitted } = one;
  const error = outcome instanceof BrokerError ? outcome : uncommitted;
  if (outcome instanceof BrokerError || error !== null) {
    return {
      index,
      errorCode: error!.code,
      baseOffset: -1,
      logAppendTimeMs: -1,
      logStartOffset: -1,
      recordErrors: [],
      errorMessage: error!.message,
      currentLeader: hints.hint(error!.code, one.partition),
    };
  }
  return {
    index,
    errorCode: ErrorCode.NONE,
    baseOffset: outcome.baseOffset,
    logAppendTimeMs: outcome.logAppendTimeMs,
    logStartOffset: outcome.logStartOffset,
    recordErrors: [],
    errorMessage: null,
    currentLeader: noLeaderHint,
  };
}
