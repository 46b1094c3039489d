// core: one look at all partitions of a fetch: records in the order of the request, within the bytes allowed.
import { zeroUuid } from "../../base/uuid.ts";
import type { PartitionImage, TopicImage } from "../../cluster/metadata/image.ts";
import type { RequestContext } from "../../proto/broker-api.ts";
import { type BrokerError, ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import { rackAwareSelector } from "../config/broker-settings.ts";
import { expectedError, LeaderHints, needReplica, noLeaderHint } from "./partitions.ts";
import type { BrokerPorts, ClientPartition } from "./ports.ts";
import { preferredReplica } from "./preferred-replica.ts";
import { needPartition, needTopicById, needTopicByName } from "./topics.ts";

type Request = RequestOf<"Fetch">;
type AskedTopic = Request["topics"][number];
type AskedPartition = AskedTopic["partitions"][number];
type TopicResult = ResponseOf<"Fetch">["responses"][number];
type PartitionResult = TopicResult["partitions"][number];

export interface FetchedPartitions {
  readonly responses: TopicResult[];
  /** Bytes of records in them. */
  readonly bytes: number;
  /** Something is in them that must not wait: an error, or a log that parts from the reader's. */
  readonly mustAnswer: boolean;
  /** Those that could be read, to be watched. */
  readonly replicas: ClientPartition[];
  readonly hints: LeaderHints;
}

export const firstVersionWithTopicIds = 13;
/** From it on a reader says its rack, and a follower may answer. */
const firstVersionWithRack = 11;
const nothing = new Uint8Array(0);

export function readPartitions(
  ports: BrokerPorts,
  request: Request,
  context: RequestContext,
): FetchedPartitions {
  const reader = new Reader(ports, request, context);
  const responses = request.topics.map((topic) => reader.topic(topic));
  const { bytes, mustAnswer, replicas, hints } = reader;
  // A request without partitions has nothing to wait for.
  return { responses, bytes, mustAnswer: mustAnswer || replicas.length === 0, replicas, hints };
}

class Reader {
  bytes = 0;
  mustAnswer = false;
  readonly replicas: ClientPartition[] = [];
  readonly hints: LeaderHints;
  readonly #ports: BrokerPorts;
  readonly #request: Request;
  readonly #byId: boolean;
  readonly #knowsFollowers: boolean;
  readonly #rack: string;
  readonly #listenerName: string;
  #bytesLeft: number;

  constructor(ports: BrokerPorts, request: Request, context: RequestContext) {
    this.#ports = ports;
    this.#request = request;
    this.#byId = context.apiVersion >= firstVersionWithTopicIds;
    this.#knowsFollowers = context.apiVersion >= firstVersionWithRack;
    const isRackAware = ports.config.values.get("replica.selector.class") === rackAwareSelector;
    this.#rack = isRackAware && this.#knowsFollowers ? request.rackId : "";
    this.#listenerName = context.listenerName;
    this.#bytesLeft = Math.max(0, Math.min(request.maxBytes, ports.config.fetchBytesMax));
    this.hints = new LeaderHints(ports.metadata.image, context.listenerName);
  }

  topic(asked: AskedTopic): TopicResult {
    let found: TopicImage | BrokerError;
    try {
      const { image } = this.#ports.metadata;
      found = this.#byId ? needTopicById(image, asked.topicId) : needTopicByName(image, asked.topic);
    } catch (error) {
      found = expectedError(error);
    }
    const partitions = asked.partitions.map((partition) => this.#partition(found, partition));
    return { topic: asked.topic, topicId: this.#byId ? asked.topicId : zeroUuid, partitions };
  }

  #partition(topic: TopicImage | BrokerError, asked: AskedPartition): PartitionResult {
    let partition: PartitionImage | undefined;
    try {
      if (!("partitions" in topic)) throw topic;
      partition = needPartition(topic, asked.partition);
      return this.#read(needReplica(this.#ports, partition), asked);
    } catch (error) {
      this.mustAnswer = true;
      const { code } = expectedError(error);
      const currentLeader = this.hints.hint(code, partition);
      return { ...emptyResult(asked.partition), errorCode: code, currentLeader };
    }
  }

  #read(replica: ClientPartition, asked: AskedPartition): PartitionResult {
    const isCommitted = this.#request.isolationLevel === 1;
    const preferred = this.#rack === "" ? null : this.#preferred(replica, asked);
    const answer = replica.read({
      offset: asked.fetchOffset,
      maxBytes: preferred === null ? Math.max(0, Math.min(asked.partitionMaxBytes, this.#bytesLeft)) : 0,
      // The first records of an answer come even if they are too large, or the reader would never get past
      // them.
      minOneBatch: this.bytes === 0 && preferred === null,
      isolation: isCommitted ? "readCommitted" : "readUncommitted",
      currentLeaderEpoch: asked.currentLeaderEpoch,
      lastFetchedEpoch: asked.lastFetchedEpoch,
      mayReadFollower: this.#knowsFollowers,
    });
    this.replicas.push(replica);
    const { records, diverging } = answer;
    this.bytes += records.length;
    this.#bytesLeft = Math.max(0, this.#bytesLeft - records.length);
    if (diverging !== null || preferred !== null) this.mustAnswer = true;
    return {
      ...emptyResult(asked.partition),
      highWatermark: answer.highWatermark,
      lastStableOffset: answer.lastStableOffset,
      logStartOffset: answer.logStartOffset,
      divergingEpoch: diverging === null ? noEpochEnd : { epoch: diverging.epoch, endOffset: diverging.end },
      abortedTransactions: isCommitted ? [] : null,
      preferredReadReplica: preferred ?? -1,
      records,
    };
  }

  #preferred(replica: ClientPartition, { fetchOffset: offset }: AskedPartition): number | null {
    const { nodeId, metadata } = this.#ports;
    const place = { image: metadata.image, listenerName: this.#listenerName, nodeId };
    return preferredReplica(replica, { ...place, rack: this.#rack, offset });
  }
}

const noEpochEnd = { epoch: -1, endOffset: -1 };
const noSnapshot = { epoch: -1, endOffset: -1 };

function emptyResult(partitionIndex: number): PartitionResult {
  return {
    partitionIndex,
    errorCode: ErrorCode.NONE,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    divergingEpoch: noEpochEnd,
    currentLeader: noLeaderHint,
    snapshotId: noSnapshot,
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: nothing,
  };
}
