// shell: one node's controller: the metadata machine on the metadata log, and, while this node leads it, the
// cluster's decisions. Every decision is a pure function of the image and the request (one file per concern
// beside this one); here they are proposed, and their answers wait until they are committed.
//
// Keeps true: only the leader of the metadata log decides; what is published and answered is committed. Knows
// nothing of consensus (a Journal carries the records) nor of transports.

import { limits } from "../../base/limits.ts";
import type { Env } from "../../base/ports/env.ts";
import { randomUuid } from "../../base/uuid.ts";
import { BrokerError, ErrorCode, ProtocolError } from "../../proto/errors.ts";
import type {
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from "../../proto/kafka/generated/messages.ts";
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
  AlterPartitionRequest,
  AlterPartitionResponse,
  ForwardRequest,
  ForwardResponse,
  RegisterBrokerRequest,
  RegisterBrokerResponse,
  SessionAnswer,
  SessionBeat,
} from "../../proto/peer/peer-api.ts";
import type { Journal, JournalEvents } from "../machine/journal.ts";
import type { MachineSnapshot } from "../machine/machine.ts";
import { MachineRuntime } from "../machine/runtime.ts";
import type { MetadataDelta, MetadataImage } from "../metadata/image.ts";
import { metadataMachine } from "../metadata/metadata-machine.ts";
import type { MetadataRecord, NewRecord } from "../metadata/record-schemas.ts";
import { activationRecords } from "./activation.ts";
import { alterPartition } from "./alter-partition.ts";
import { registerBroker } from "./brokers.ts";
import { ControllerMetrics } from "./controller-metrics.ts";
import { createTopics } from "./create-topics.ts";
import { deleteTopics } from "./delete-topics.ts";
import { rebalanceRecords } from "./elect-leaders.ts";
import { type ControllerEvent, type EventTime, eventsBetween, uncleanElections } from "./events.ts";
import { forwarded } from "./forwarded.ts";
import { fenceRecords, heartbeatAnswer, heartbeatRecords, senderOf } from "./heartbeats.ts";
import { allocateProducerIds } from "./producer-ids.ts";
import { type SessionStream, SessionStreams } from "./session-streams.ts";
import { BrokerSessions } from "./sessions.ts";
import type { ControllerSettings, Decided } from "./settings.ts";

export interface ControllerOptions {
  readonly env: Pick<Env, "clock" | "random" | "log" | "metrics" | "host">;
  readonly settings: ControllerSettings;
  /** broker.session.timeout.ms. */
  readonly sessionTimeoutMs: number;
  /** Whether the way to that node is known to be broken. */
  readonly isCutOff: (nodeId: number) => boolean;
  /** What is left of a session, at most, once its connection has closed. */
  readonly disconnectGraceMs: number;
  /** Called each time `everyBytes` of records were committed, on every controller. */
  readonly snapshots?: { readonly everyBytes: number; store(snapshot: MachineSnapshot): void };
  onEvent(event: ControllerEvent & EventTime): void;
}

/** Fine enough for the grace, coarse enough to cost nothing. */
const tickMsMin = 5;
const tickMsMax = 50;
const ticksPerGrace = 4;

export class Controller {
  readonly #options: ControllerOptions;
  readonly #runtime: MachineRuntime<MetadataImage, MetadataRecord, MetadataDelta, NewRecord>;
  readonly #sessions: BrokerSessions;
  readonly #streams: SessionStreams;
  readonly #metrics: ControllerMetrics;
  #told: MetadataImage = metadataMachine.initial;
  #epoch = -1;
  #rebalancedMs = 0;

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { env, sessionTimeoutMs, disconnectGraceMs, snapshots } = options;
    const fitting = Math.floor(Math.min(disconnectGraceMs, sessionTimeoutMs) / ticksPerGrace);
    const everyMs = Math.max(tickMsMin, Math.min(tickMsMax, fitting));
    // The tick in which a heartbeat arrives has begun already: one more makes a whole session.
    const ticks = Math.ceil(sessionTimeoutMs / everyMs) + 1;
    this.#sessions = new BrokerSessions({ ticks, graceTicks: Math.ceil(disconnectGraceMs / everyMs) + 1 });
    this.#metrics = new ControllerMetrics(env.metrics);
    this.#runtime = new MachineRuntime<MetadataImage, MetadataRecord, MetadataDelta, NewRecord>({
      machine: metadataMachine,
      clock: env.clock,
      log: env.log,
      halt: (reason) => env.host.halt(reason),
      refusal: "NOT_CONTROLLER",
      pendingMax: limits.raftProposalsPendingMax,
      tick: { everyMs, run: () => this.#tick() },
      ...(snapshots === undefined ? {} : { snapshots }),
      onLeading: (epoch) => this.#activate(epoch),
      onNotLeading: () => this.#resign(),
    });
    this.#runtime.subscribe((image, delta) => this.#narrate(image, delta));
    this.#streams = new SessionStreams({
      isActive: () => this.isActive,
      onBeat: (beat, answerLater) => this.#heard(beat, answerLater),
      onLost: (id, epoch) => this.#lostConnection(id, epoch),
    });
  }

  // ---- The metadata, as far as it is committed; on every controller, active or not ----

  /** What the metadata log tells; to be given to it. */
  get journalEvents(): JournalEvents {
    return this.#runtime;
  }

  /** Once, before the first event. */
  attach(journal: Journal): void {
    this.#runtime.attach(journal);
  }

  get image(): MetadataImage {
    return this.#runtime.committed;
  }

  /** Calls `listener` after every change of the image, in order. Answers how to stop it. */
  subscribe(listener: (image: MetadataImage, delta: MetadataDelta) => void): () => void {
    return this.#runtime.subscribe(listener);
  }

  snapshot(): MachineSnapshot {
    return this.#runtime.snapshot();
  }

  /** This node decides. */
  get isActive(): boolean {
    return this.#runtime.isLeading;
  }

  close(): void {
    this.#runtime.close();
    this.#streams.refuseAll();
  }

  // ---- Requests. Kafka's shapes throw BrokerError (NOT_CONTROLLER); those of peers answer its code ----

  createTopics(request: CreateTopicsRequest): Promise<CreateTopicsResponse> {
    const { random } = this.#options.env;
    const { settings } = this.#options;
    const topicIds = request.topics.map(() => randomUuid(random));
    const seed = random.uint32();
    return this.#propose((image) => createTopics(image, request, { settings, topicIds, seed }));
  }

  deleteTopics(request: DeleteTopicsRequest): Promise<DeleteTopicsResponse> {
    return this.#propose((image) => deleteTopics(image, request, this.#options.settings));
  }

  async registerBroker(request: RegisterBrokerRequest): Promise<RegisterBrokerResponse> {
    const { settings } = this.#options;
    const isAlive = (id: number, epoch: number): boolean => this.#sessions.isHeard(id, epoch);
    try {
      const reply = await this.#propose((image) => registerBroker(image, request, { settings, isAlive }));
      if (reply.errorCode !== ErrorCode.NONE) return { ...reply, brokerEpoch: -1 };
      const broker = this.image.brokers.get(request.nodeId);
      if (broker?.incarnationId === request.incarnationId) return { ...reply, brokerEpoch: broker.epoch };
      const errorMessage = `broker ${request.nodeId} was registered anew by another process meanwhile`;
      return { errorCode: ErrorCode.DUPLICATE_BROKER_REGISTRATION, errorMessage, brokerEpoch: -1 };
    } catch (error) {
      const { code, message } = expected(error);
      return { errorCode: code, errorMessage: message, brokerEpoch: -1 };
    }
  }

  async alterPartition(request: AlterPartitionRequest): Promise<AlterPartitionResponse> {
    try {
      return await this.#propose((image) => alterPartition(image, request, this.#options.settings));
    } catch (error) {
      return { errorCode: expected(error).code, items: [] };
    }
  }

  async allocateProducerIds(request: AllocateProducerIdsRequest): Promise<AllocateProducerIdsResponse> {
    try {
      return await this.#propose((image) => allocateProducerIds(image, request));
    } catch (error) {
      return { errorCode: expected(error).code, firstProducerId: -1, count: 0 };
    }
  }

  /** A client's request that a broker sent on, in the Kafka encoding. */
  async forward(request: ForwardRequest): Promise<ForwardResponse> {
    try {
      return { errorCode: ErrorCode.NONE, body: await this.#carryOut(request) };
    } catch (error) {
      if (error instanceof ProtocolError)
        return { errorCode: ErrorCode.INVALID_REQUEST, body: new Uint8Array(0) };
      return { errorCode: expected(error).code, body: new Uint8Array(0) };
    }
  }

  /** The heartbeats of one broker. */
  session(stream: SessionStream): void {
    this.#streams.accept(stream);
  }

  // ---- Inside ----

  #carryOut(request: ForwardRequest): Promise<Uint8Array> {
    const { settings, env } = this.#options;
    const decide = forwarded(request, { settings, random: env.random });
    if (decide !== null) return this.#propose(decide);
    const text = `the controller serves no requests of key ${request.apiKey}`;
    throw new BrokerError("UNSUPPORTED_VERSION", text);
  }

  async #propose<Reply>(decide: (image: MetadataImage) => Decided<Reply>): Promise<Reply> {
    let unclean: ReturnType<typeof uncleanElections> = [];
    const reply = await this.#runtime.propose((image) => {
      const decision = decide(image);
      unclean = uncleanElections(image, decision.records);
      return decision;
    });
    for (const detail of unclean) {
      const text = "elected a leader that may lack committed records: unclean.leader.election.enable is true";
      this.#options.env.log.warn({ ...detail }, text);
      this.#metrics.unclean.add(1);
      this.#tell({ kind: "unclean-election", detail });
    }
    return reply;
  }

  /** Proposes what nobody waits for; what fails here is tried again by the next tick or heartbeat. */
  #proposeRecords(what: string, decide: (image: MetadataImage) => readonly NewRecord[]): Promise<boolean> {
    const proposed = this.#propose((image) => ({ records: decide(image), reply: true }));
    return proposed.catch((error) => {
      this.#options.env.log.warn({ error: String(error) }, `controller: ${what} failed`);
      return false;
    });
  }

  #activate(epoch: number): void {
    const { env, settings } = this.#options;
    this.#epoch = epoch;
    this.#rebalancedMs = env.clock.monotonicMs();
    this.#sessions.reset(this.image, this.#options.isCutOff);
    this.#metrics.active.set(1);
    this.#tell({ kind: "controller-active", detail: { epoch } });
    env.log.info({ epoch }, "this node is the active controller");
    void this.#proposeRecords("activation", (image) => {
      try {
        return activationRecords(image, settings);
      } catch (error) {
        return env.host.halt(`the active controller cannot go on: ${String(error)}`);
      }
    });
  }

  #resign(): void {
    this.#metrics.active.set(0);
    this.#options.env.log.info({ epoch: this.#epoch }, "this node is no longer the active controller");
    this.#tell({ kind: "controller-resigned", detail: { epoch: this.#epoch } });
    this.#streams.refuseAll();
  }

  #tick(): void {
    this.#sessions.tick();
    const image = this.#runtime.speculative;
    if (image === null) return;
    this.#rebalance(image);
    const overdue = this.#sessions.overdue(image);
    if (overdue.length === 0) return;
    for (const { id } of overdue) this.#tell({ kind: "session-expired", detail: { broker: id } });
    void this.#proposeRecords("fencing", (now) => fenceRecords(now, overdue, this.#options.settings));
  }

  /** Now and then, leadership goes home to brokers that have come back. */
  #rebalance(image: MetadataImage): void {
    const { settings, env } = this.#options;
    const nowMs = env.clock.monotonicMs();
    const { isEnabled, everyMs } = settings.leaderRebalance(image);
    if (nowMs - this.#rebalancedMs < everyMs) return;
    this.#rebalancedMs = nowMs;
    if (!isEnabled || rebalanceRecords(image, settings).length === 0) return;
    env.log.info({}, "giving leadership back to preferred replicas");
    void this.#proposeRecords("giving leadership back", (now) => rebalanceRecords(now, settings));
  }

  #heard(beat: SessionBeat, answerLater: (answer: SessionAnswer) => void): SessionAnswer {
    const image = this.#runtime.speculative;
    const sender = image === null ? ErrorCode.NOT_CONTROLLER : senderOf(image, beat);
    if (image === null || typeof sender === "number")
      return heartbeatAnswer(this.image, beat, this.#sessions);
    this.#sessions.heard(sender, beat.metadataEnd);
    const records = heartbeatRecords(image, beat, this.#options.settings);
    if (records.length > 0) {
      void this.#proposeRecords("following a heartbeat", () => records).then((done) => {
        if (done && this.isActive) answerLater(heartbeatAnswer(this.image, beat, this.#sessions));
      });
    }
    return heartbeatAnswer(this.image, beat, this.#sessions);
  }

  #lostConnection(id: number, epoch: number): void {
    const broker = this.#runtime.speculative?.brokers.get(id);
    if (broker?.epoch !== epoch) return;
    this.#sessions.disconnected(id, epoch);
    if (!broker.fenced) this.#tell({ kind: "session-connection-lost", detail: { broker: id } });
  }

  #narrate(image: MetadataImage, delta: MetadataDelta): void {
    const before = this.#told;
    this.#told = image;
    this.#metrics.look(image, delta);
    if (!this.isActive) return;
    for (const event of eventsBetween(before, image, delta)) {
      this.#metrics.told(event);
      this.#tell(event);
    }
  }

  #tell(event: ControllerEvent): void {
    const { clock } = this.#options.env;
    this.#options.onEvent({ ...event, wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() });
  }
}

/** The code of a failed call; anything else is no answer to a peer. */
function expected(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  throw error;
}
