// core: the client's end of one fetch session with one broker (KIP-227): the first request asks for
// everything, the next ones only say what changed, and the answers only tell what is news.
//
//     begin anew --(id, 0), everything--> answer with an id --(id, 1), (id, 2), ...: changes--> ...
//          ^                                   | id 0: the broker gave no session
//          +------- any error, any doubt ------+
//
// Keeps true: after each request that the broker takes, what the session there asks for is what was wanted
// here. Whoever cannot be sure of that begins anew. Knows nothing of connections: a session outlives them.
//
// Source: kafka-protocol Fetch, KIP-227, KIP-516 (topic ids from version 13 on); Kafka's FetchSessionHandler.
import { zeroUuid } from "../../base/uuid.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type {
  FetchRequest,
  FetchResponse,
  FetchResponsePartitionData,
} from "../../proto/kafka/generated/messages.ts";
import type { Input } from "../../proto/kafka/schema.ts";

/** Sessions are there from this version on, topics go by id from that one. */
export const sessionsFrom = 7;
export const topicIdsFrom = 13;

const noSession = 0;
const firstEpoch = 0;
const finalEpoch = -1;
const lastEpoch = 0x7fffffff;

/** One partition as it shall be read. */
export interface WantedPartition {
  readonly topic: string;
  /** All zeros where it is not known; then only versions without ids will do. */
  readonly topicId: string;
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  readonly partitionMaxBytes: number;
}

interface Topic {
  readonly topicId: string;
  readonly partitions: Map<number, WantedPartition>;
}

type Topics = ReadonlyMap<string, Topic>;
type AskedTopic = NonNullable<Input<FetchRequest>["topics"]>[number];
type ForgottenTopic = NonNullable<Input<FetchRequest>["forgottenTopicsData"]>[number];

/** What a request says on behalf of its session. */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly topics: readonly AskedTopic[];
  readonly forgottenTopicsData: readonly ForgottenTopic[];
}

/** What an answer says of the partitions that were asked for. */
export interface Told {
  /** "unchanged": a read that brought nothing. "missing": it should have been named, and was not. */
  of(topic: string, partition: number): FetchResponsePartitionData | "unchanged" | "missing";
}

export class FetchSession {
  #id = noSession;
  /** That of the next request. */
  #epoch = firstEpoch;
  /** That of the last request. */
  #version = -1;
  /** What the broker's session asks for once it has the last request. */
  #asked: Topics = new Map();
  #nameById: ReadonlyMap<string, string> = new Map();

  /** The id and the epoch of the next request, for the log and for tests. */
  get position(): { readonly id: number; readonly epoch: number } {
    return { id: this.#id, epoch: this.#epoch };
  }

  /**
   * What to send so that all that is wanted is read, each partition named once, in this order. It is counted
   * as sent: call `answered` or `failed` before the next one.
   */
  request(wanted: readonly WantedPartition[], version: number): SessionRequest {
    const usesTopicIds = version >= topicIdsFrom;
    // A session is by names or by ids, and what an older version did not carry the broker does not know.
    if (version < sessionsFrom || version !== this.#version) this.#epoch = firstEpoch;
    const before = this.#epoch === firstEpoch ? new Map<string, Topic>() : this.#asked;
    const topics = byTopic(wanted);
    this.#asked = topics;
    this.#version = version;
    this.#nameById = new Map([...topics].map(([name, { topicId }]) => [topicId, name]));
    return {
      sessionId: this.#id,
      sessionEpoch: this.#epoch,
      topics: changes(before, topics, usesTopicIds),
      forgottenTopicsData: forgotten(before, topics, usesTopicIds),
    };
  }

  /** Null: the answer does not fit what was asked, and says nothing; the next request begins anew. */
  answered(response: Pick<FetchResponse, "sessionId" | "responses">): Told | null {
    const wasFull = this.#epoch === firstEpoch;
    const told = this.#read(response.responses);
    if (told === null) {
      this.failed();
      return null;
    }
    const isWhole = !wasFull || this.#isWhole(told);
    if (response.sessionId === noSession) this.#beginAnew(noSession);
    else if (!isWhole || (!wasFull && response.sessionId !== this.#id)) this.#beginAnew(response.sessionId);
    else {
      this.#id = response.sessionId;
      this.#epoch = epochAfter(this.#epoch);
    }
    const otherwise = wasFull ? "missing" : "unchanged";
    return { of: (topic, partition) => told.get(topic)?.get(partition) ?? otherwise };
  }

  /**
   * The request as a whole was refused. True: only because of its session, and asking for everything again
   * will help at once.
   */
  refused(code: number): boolean {
    const wasFull = this.#epoch === firstEpoch;
    this.#beginAnew(code === ErrorCode.FETCH_SESSION_ID_NOT_FOUND ? noSession : this.#id);
    return !wasFull && sessionErrors.has(code);
  }

  /** Nobody knows whether the broker has the last request: the next one replaces this session. */
  failed(): void {
    this.#beginAnew(this.#id);
  }

  /** The request that ends the session at the broker; null when there is none. */
  close(): SessionRequest | null {
    const sessionId = this.#id;
    this.#beginAnew(noSession);
    if (sessionId === noSession) return null;
    return { sessionId, sessionEpoch: finalEpoch, topics: [], forgottenTopicsData: [] };
  }

  #beginAnew(id: number): void {
    this.#id = id;
    this.#epoch = firstEpoch;
    this.#asked = new Map();
    this.#nameById = new Map();
  }

  /** Null when something was told that was not asked. A topic may come in several pieces. */
  #read(responses: FetchResponse["responses"]): Map<string, Map<number, FetchResponsePartitionData>> | null {
    const told = new Map<string, Map<number, FetchResponsePartitionData>>();
    for (const { topic, topicId, partitions } of responses) {
      const name = this.#version >= topicIdsFrom ? this.#nameById.get(topicId) : topic;
      const asked = name === undefined ? undefined : this.#asked.get(name);
      if (name === undefined || asked === undefined) return null;
      let ofTopic = told.get(name);
      if (ofTopic === undefined) {
        ofTopic = new Map();
        told.set(name, ofTopic);
      }
      for (const partition of partitions) {
        if (!asked.partitions.has(partition.partitionIndex)) return null;
        ofTopic.set(partition.partitionIndex, partition);
      }
    }
    return told;
  }

  #isWhole(told: ReadonlyMap<string, ReadonlyMap<number, unknown>>): boolean {
    return [...this.#asked].every(([name, { partitions }]) => told.get(name)?.size === partitions.size);
  }
}

const sessionErrors: ReadonlySet<number> = new Set([
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
]);

/** Epochs begin again at 1: 0 opens a session. */
export function epochAfter(epoch: number): number {
  return epoch === lastEpoch ? 1 : epoch + 1;
}

function byTopic(wanted: readonly WantedPartition[]): Topics {
  const topics = new Map<string, Topic>();
  for (const item of wanted) {
    let topic = topics.get(item.topic);
    if (topic === undefined) {
      topic = { topicId: item.topicId, partitions: new Map() };
      topics.set(item.topic, topic);
    }
    topic.partitions.set(item.partition, item);
  }
  return topics;
}

/** A topic that was made anew under its old name shares nothing with the old one. */
function isSame(one: Topic | undefined, other: Topic | undefined, usesTopicIds: boolean): boolean {
  if (one === undefined || other === undefined) return false;
  return !usesTopicIds || one.topicId === other.topicId;
}

/** What the broker does not know of yet, or knows otherwise. */
function changes(before: Topics, now: Topics, usesTopicIds: boolean): AskedTopic[] {
  const changed: AskedTopic[] = [];
  for (const [topic, { topicId, partitions }] of now) {
    const known = before.get(topic);
    const base = isSame(known, now.get(topic), usesTopicIds) ? known?.partitions : undefined;
    const news = [...partitions.values()].filter((item) => isNews(base?.get(item.partition), item));
    if (news.length === 0) continue;
    changed.push({
      topic,
      topicId: usesTopicIds ? topicId : zeroUuid,
      partitions: news.map(({ partition, currentLeaderEpoch, fetchOffset, partitionMaxBytes }) => {
        return { partition, currentLeaderEpoch, fetchOffset, partitionMaxBytes };
      }),
    });
  }
  return changed;
}

function isNews(before: WantedPartition | undefined, now: WantedPartition): boolean {
  return (
    before === undefined ||
    before.fetchOffset !== now.fetchOffset ||
    before.currentLeaderEpoch !== now.currentLeaderEpoch ||
    before.partitionMaxBytes !== now.partitionMaxBytes
  );
}

/** What the broker asks for and shall ask for no more. */
function forgotten(before: Topics, now: Topics, usesTopicIds: boolean): ForgottenTopic[] {
  const gone: ForgottenTopic[] = [];
  for (const [topic, known] of before) {
    const same = isSame(known, now.get(topic), usesTopicIds) ? now.get(topic) : undefined;
    const partitions = [...known.partitions.keys()].filter((index) => !same?.partitions.has(index));
    const topicId = usesTopicIds ? known.topicId : zeroUuid;
    if (partitions.length > 0) gone.push({ topic, topicId, partitions });
  }
  return gone;
}
