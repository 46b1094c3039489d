// test: a small Kafka cluster of fake brokers on a virtual network, made from the protocol's frames alone.
// Every request goes through `fault`, which can cut, delay, refuse or silence it.
import { limits } from "../../base/limits.ts";
import type { Env } from "../../base/ports/env.ts";
import type { Socket } from "../../base/ports/network.ts";
import { createVirtualWorld, type VirtualWorld } from "../../base/virtual/world.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { type ApiDefinition, type ApiName, apiByKey, apis } from "../../proto/kafka/apis.ts";
import { FrameSplitter } from "../../proto/kafka/frame-splitter.ts";
import { decodeRequestBody, decodeRequestHeader, encodeResponse } from "../../proto/kafka/frames.ts";
import type * as messages from "../../proto/kafka/generated/messages.ts";
import { FetchSessions, sessionRefusal, type ToldTopics } from "../../services/broker/fetch-sessions.ts";
import { FakeLog } from "./fake-log.ts";
import { groupApis, StandingGroups } from "./standing-groups.ts";

export interface FakeRequest {
  broker: number;
  api: ApiName;
  version: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at the bodies of many kinds.
  body: any;
}

export type Fault =
  /** The connection ends; the request was not carried out. */
  | { kind: "cutBefore" }
  /** The request was carried out, but the answer is lost. */
  | { kind: "cutAfter" }
  /** No answer, ever. `carriedOut` says whether it did its work. */
  | { kind: "silence"; carriedOut: boolean }
  | { kind: "delay"; ms: number }
  /** The answer comes two times. */
  | { kind: "twice" }
  /** It is not carried out, and this is the answer. */
  | { kind: "answer"; body: object }
  /** Every partition in it is refused with this code. */
  | { kind: "code"; code: number };

export interface FakeTopic {
  name: string;
  topicId: string;
  logs: FakeLog[];
}

export interface FakeOptions {
  seed?: number | string;
  brokers?: number;
  /** Highest versions offered, by name; the newest if not given. */
  versions?: Partial<Record<ApiName, number>>;
  /** Fetch sessions that a broker keeps; many if not given. */
  sessionSlots?: number;
  /** More that the brokers do, by the name of the request. */
  more?: FakeAnswers;
}

/** A null answer never comes. */
export type FakeAnswers = Partial<Record<ApiName, (request: FakeRequest) => object | null | Promise<object>>>;

const served: readonly ApiName[] = [
  "Produce",
  "Fetch",
  "ListOffsets",
  "Metadata",
  "ApiVersions",
  "CreateTopics",
  "DeleteTopics",
  "InitProducerId",
  "OffsetForLeaderEpoch",
  "DescribeCluster",
  "DescribeConfigs",
  ...groupApis,
];

export class FakeCluster {
  readonly world: VirtualWorld;
  readonly topics = new Map<string, FakeTopic>();
  readonly groups = new StandingGroups((topic, at) => this.topics.get(topic)?.logs[at] !== undefined);
  readonly requests: FakeRequest[] = [];
  fault: (request: FakeRequest) => Fault | null = () => null;
  /** Brokers that metadata does not name. */
  readonly fenced = new Set<number>();
  readonly client: Env;
  readonly ids: readonly number[];
  nextProducerId = 1_000;
  #made = 10;
  readonly #versions: Partial<Record<ApiName, number>>;
  readonly #more: FakeAnswers;
  readonly #sockets = new Map<number, Set<Socket>>();
  readonly #sessionSlots: number;
  /** Of each broker, as the real ones keep them. */
  readonly sessions = new Map<number, FetchSessions>();

  constructor(options: FakeOptions = {}) {
    this.world = createVirtualWorld({ seed: options.seed ?? 1 });
    this.#versions = options.versions ?? {};
    this.#more = options.more ?? {};
    this.#sessionSlots = options.sessionSlots ?? 1_000;
    this.ids = Array.from({ length: options.brokers ?? 1 }, (_, index) => index + 1);
    for (const id of this.ids) this.start(id);
    this.client = this.world.addNode("client").start();
  }

  get bootstrap(): string {
    return this.ids.map((id) => `b${id}:9092`).join(",");
  }

  start(id: number): void {
    const name = `b${id}`;
    const node = this.world.nodes.get(name) ?? this.world.addNode(name);
    const env = node.start();
    this.#sockets.set(id, new Set());
    this.forgetSessions(id);
    void env.network.listen({
      host: name,
      port: 9092,
      onConnection: (socket) => this.#serve(id, env, socket),
    });
  }

  /** As if the broker had been started anew, or had needed the room. */
  forgetSessions(id: number): void {
    const { random } = this.world.node(`b${id}`).env;
    this.sessions.set(id, new FetchSessions({ slots: this.#sessionSlots, random }));
  }

  crash(id: number): void {
    this.world.node(`b${id}`).crash({ kind: "process" });
  }

  /** Ends all connections to a broker. */
  cutAll(id: number): void {
    for (const socket of this.#sockets.get(id) ?? []) socket.destroy();
  }

  addTopic(name: string, partitions = 1): FakeTopic {
    const suffix = `.${this.#made++}`;
    const topicId = Buffer.from(name.padEnd(13, ".").slice(0, 13) + suffix).toString("base64url");
    const logs = Array.from(
      { length: partitions },
      (_, index) => new FakeLog(this.ids[index % this.ids.length]!, this.client.codecs),
    );
    const topic = { name, topicId, logs };
    this.topics.set(name, topic);
    return topic;
  }

  log(topic: string, partition = 0): FakeLog {
    return this.topics.get(topic)!.logs[partition]!;
  }

  count(api: ApiName): number {
    return this.requests.filter((request) => request.api === api).length;
  }

  #serve(id: number, env: Env, socket: Socket): void {
    const splitter = new FrameSplitter({ frameBytesMax: limits.frameBytesMax, lend: false });
    let queue = Promise.resolve();
    const answer = async (frame: Uint8Array): Promise<void> => {
      const head = decodeRequestHeader(frame);
      const api = apiByKey(head.apiKey) as ApiDefinition;
      const body = decodeRequestBody(api, head, frame);
      const request = { broker: id, api: api.name as ApiName, version: head.apiVersion, body };
      this.requests.push(request);
      const fault = this.fault(request);
      if (fault?.kind === "cutBefore") return socket.destroy();
      if (fault?.kind === "delay") await new Promise<void>((done) => env.clock.after(fault.ms, done));
      if (fault?.kind === "silence") {
        if (fault.carriedOut) void this.#carryOut(env, request, null);
        return new Promise(() => {});
      }
      const code = fault?.kind === "code" ? fault.code : null;
      const response = fault?.kind === "answer" ? fault.body : await this.#carryOut(env, request, code);
      if (fault?.kind === "cutAfter") return socket.destroy();
      if (response === null) return;
      const { apiVersion: version, correlationId } = head;
      const bytes = encodeResponse({ api, version, correlationId, body: response as never });
      for (let n = fault?.kind === "twice" ? 2 : 1; n > 0; n--) socket.write([Uint8Array.from(bytes)]);
    };
    const sockets = this.#sockets.get(id)!;
    sockets.add(socket);
    socket.start({
      onData: (chunk) => {
        for (const frame of splitter.push(chunk)) queue = queue.then(() => answer(frame));
      },
      onDrain: () => {},
      onClose: () => sockets.delete(socket),
    });
  }

  async #carryOut(env: Env, request: FakeRequest, code: number | null): Promise<object | null> {
    const { broker, version, body, api } = request;
    const more = this.#more[api];
    if (more !== undefined) return await more(request);
    if (api !== "Fetch") return this.#answer(request, code);
    const sessions = this.sessions.get(broker)!;
    const scope = sessions.open(body, version >= 13, env.clock.monotonicMs());
    if (typeof scope === "string") return sessionRefusal(scope);
    const whole = { ...request, body: { ...body, topics: scope.topics } };
    const wait = code !== null ? 0 : this.#waitMs(whole);
    if (wait > 0) await new Promise<void>((done) => env.clock.after(wait, done));
    return scope.answer(this.#fetch(broker, whole.body, code), env.clock.monotonicMs());
  }

  /** A fetch that finds nothing waits. */
  #waitMs(request: FakeRequest): number {
    if (request.api !== "Fetch") return 0;
    const body = request.body as messages.FetchRequest;
    const hasSome = body.topics.some((topic) =>
      topic.partitions.some((item) => {
        const log = this.#find(topic)?.logs[item.partition];
        return log?.leader !== request.broker || item.fetchOffset !== log.endOffset;
      }),
    );
    return hasSome ? 0 : Math.min(body.maxWaitMs, 20);
  }

  #find(topic: { topic: string; topicId: string }): FakeTopic | undefined {
    if (topic.topic !== "") return this.topics.get(topic.topic);
    return [...this.topics.values()].find((item) => item.topicId === topic.topicId);
  }

  #answer(request: FakeRequest, code: number | null): object | null {
    const { broker, body } = request;
    switch (request.api) {
      case "ApiVersions":
        return { errorCode: 0, apiKeys: this.#apiKeys() };
      case "Metadata":
        return this.#metadata(body);
      case "InitProducerId":
        return { errorCode: code ?? 0, producerId: this.nextProducerId++, producerEpoch: 0 };
      case "Produce":
        return this.#produce(broker, body, code);
      case "ListOffsets":
        return this.#listOffsets(broker, body, code);
      case "OffsetForLeaderEpoch":
        return this.#epochs(broker, body);
      case "CreateTopics":
        return this.#createTopics(body);
      case "DeleteTopics":
        return this.#deleteTopics(body);
      case "DescribeCluster":
        return { clusterId: "fake", controllerId: this.ids[0]!, brokers: this.#brokers("brokerId") };
      default: {
        const answer = this.groups.answer(request, code);
        if (answer !== null) return answer;
        throw new Error(`the fake cluster does not know ${request.api}`);
      }
    }
  }

  #apiKeys() {
    const names = [...served, ...(Object.keys(this.#more) as ApiName[])];
    return names.map((name) => ({
      apiKey: apis[name].key,
      minVersion: apis[name].request.versions.min,
      maxVersion: this.#versions[name] ?? apis[name].request.versions.max,
    }));
  }

  #brokers(idName: "nodeId" | "brokerId"): object[] {
    const alive = this.ids.filter((id) => !this.fenced.has(id));
    return alive.map((id) => ({ [idName]: id, host: `b${id}`, port: 9092, rack: null }));
  }

  #metadata(body: messages.MetadataRequest): object {
    const nameOf = (topic: { name: string | null; topicId: string }): string =>
      topic.name ?? [...this.topics.values()].find((item) => item.topicId === topic.topicId)?.name ?? "";
    const names = body.topics === null ? [...this.topics.keys()] : body.topics.map(nameOf);
    const topics = names.map((name) => {
      const topic = this.topics.get(name);
      if (topic === undefined) return { name, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
      const partitions = topic.logs.map((log, partitionIndex) => ({
        partitionIndex,
        leaderId: log.leader,
        leaderEpoch: log.leaderEpoch,
        replicaNodes: [...this.ids],
        isrNodes: [...this.ids],
      }));
      return { name, topicId: topic.topicId, partitions };
    });
    return { brokers: this.#brokers("nodeId"), clusterId: "fake", controllerId: this.ids[0]!, topics };
  }

  #produce(broker: number, body: messages.ProduceRequest, code: number | null): object | null {
    const responses = body.topicData.map((topic) => ({
      name: topic.name,
      partitionResponses: topic.partitionData.map(({ index, records }) => {
        if (code !== null) return { index, errorCode: code, baseOffset: -1 };
        const log = this.topics.get(topic.name)?.logs[index];
        if (log === undefined)
          return { index, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, baseOffset: -1 };
        if (log.leader !== broker)
          return { index, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, baseOffset: -1 };
        return { index, ...log.append(records!) };
      }),
    }));
    return body.acks === 0 ? null : { responses };
  }

  #fetch(broker: number, body: messages.FetchRequest, code: number | null): ToldTopics {
    return body.topics.map((topic) => ({
      topic: topic.topic,
      topicId: topic.topicId,
      partitions: topic.partitions.map((item) => {
        const log = this.#find(topic)?.logs[item.partition];
        const partitionIndex = item.partition;
        const refuse = (errorCode: number) => ({ ...emptyRead, partitionIndex, errorCode });
        if (code !== null) return refuse(code);
        if (log === undefined) {
          const isById = topic.topic === "";
          return refuse(isById ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
        }
        if (log.leader !== broker) return refuse(ErrorCode.NOT_LEADER_OR_FOLLOWER);
        if (item.currentLeaderEpoch >= 0 && item.currentLeaderEpoch < log.leaderEpoch) {
          return refuse(ErrorCode.FENCED_LEADER_EPOCH);
        }
        if (item.fetchOffset < log.startOffset || item.fetchOffset > log.endOffset) {
          return refuse(ErrorCode.OFFSET_OUT_OF_RANGE);
        }
        const abortedTransactions = body.isolationLevel === 1 ? log.aborted : [];
        const records = log.read(item.fetchOffset, Math.min(item.partitionMaxBytes, body.maxBytes));
        const { startOffset: logStartOffset, endOffset: highWatermark } = log;
        const found = { highWatermark, logStartOffset, abortedTransactions, records };
        const lastStableOffset = highWatermark;
        return { ...emptyRead, partitionIndex, lastStableOffset, ...found };
      }),
    }));
  }

  #listOffsets(broker: number, body: messages.ListOffsetsRequest, code: number | null): object {
    const topics = body.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, timestamp }) => {
        const log = this.topics.get(name)?.logs[partitionIndex];
        if (code !== null) return { partitionIndex, errorCode: code };
        if (log?.leader !== broker) return { partitionIndex, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER };
        return { partitionIndex, errorCode: 0, ...log.offsetOf(timestamp), leaderEpoch: log.leaderEpoch };
      }),
    }));
    return { topics };
  }

  #epochs(broker: number, body: messages.OffsetForLeaderEpochRequest): object {
    const topics = body.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, leaderEpoch, currentLeaderEpoch }) => {
        const log = this.topics.get(topic)?.logs[partition];
        if (log?.leader !== broker) return { partition, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER };
        if (currentLeaderEpoch < log.leaderEpoch)
          return { partition, errorCode: ErrorCode.FENCED_LEADER_EPOCH };
        return { partition, errorCode: 0, ...log.endOfEpoch(leaderEpoch) };
      }),
    }));
    return { topics };
  }

  #createTopics(body: messages.CreateTopicsRequest): object {
    const topics = body.topics.map(({ name, numPartitions, replicationFactor }) => {
      if (this.topics.has(name))
        return { name, errorCode: ErrorCode.TOPIC_ALREADY_EXISTS, errorMessage: null };
      const { topicId, logs } = this.addTopic(name, Math.max(1, numPartitions));
      return { name, topicId, errorCode: 0, numPartitions: logs.length, replicationFactor };
    });
    return { topics };
  }

  #deleteTopics(body: messages.DeleteTopicsRequest): object {
    const names = body.topicNames.length > 0 ? body.topicNames : body.topics.map((topic) => topic.name!);
    const responses = names.map((name) => {
      const isThere = this.topics.delete(name);
      return { name, errorCode: isThere ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
    });
    return { responses };
  }
}

const emptyRead = {
  errorCode: ErrorCode.NONE,
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  divergingEpoch: { epoch: -1, endOffset: -1 },
  currentLeader: { leaderId: -1, leaderEpoch: -1 },
  snapshotId: { epoch: -1, endOffset: -1 },
  abortedTransactions: null,
  preferredReadReplica: -1,
  records: null,
};
