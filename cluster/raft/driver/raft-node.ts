// shell: one node of the metadata consensus group, around the core: gathers what happens in a turn, steps the
// core, carries its effects out on log, disk and streams, and hands what is committed to the state machine.
//
//   streams --messages--> |                                      | --send--> streams
//   clock   --ticks-----> | turn: proposals, events -> core.step | --append, cut--> log --durable--> turn
//   journal --append----> |                                      | --persist--> vote file --> turn
//   log, vote file -----> |                                      | --committed--> state machine
//
// Keeps true: log effects of a step are carried out before the next step; the core steps only within turns,
// so that the offsets given to proposals between turns hold; ticks that come late count once; what cannot be
// written stops the process. Knows no rule of Raft.
import { assert } from "../../../base/assert.ts";
import { limits } from "../../../base/limits.ts";
import type { Clock, Timer } from "../../../base/ports/clock.ts";
import type { Env } from "../../../base/ports/env.ts";
import { BrokerError } from "../../../proto/errors.ts";
import type { PeerStream, RaftMessage } from "../../../proto/peer/peer-api.ts";
import type { ReplicaLog } from "../../log/replica-log.ts";
import type { AppendResult, Journal } from "../../machine/journal.ts";
import { mergeAppends } from "../core/merge-appends.ts";
import { RaftCore } from "../core/step.ts";
import type { VoterSet } from "../core/voters.ts";
import type { RaftEvent, SnapshotMark, VoterChange } from "../core/words.ts";
import { CommittedFeed } from "./committed-feed.ts";
import { EffectRunner } from "./effect-runner.ts";
import { batchBaseAt, trimLog } from "./log-trim.ts";
import { Proposals } from "./proposals.ts";
import { RaftMetrics } from "./raft-metrics.ts";
import { type RaftNodeOptions, type RaftTiming, raftTiming, ticksOf } from "./raft-settings.ts";
import { type RaftStatus, statusOf } from "./raft-status.ts";
import { openStorage, type RaftStorage } from "./raft-storage.ts";
import { SnapshotExchange } from "./snapshot-exchange.ts";
import { TransferWaiters } from "./transfer-waiters.ts";
import { RaftTransport } from "./transport.ts";
import { VoteWriter } from "./vote-writer.ts";
import { VoterRequests } from "./voter-requests.ts";

/** What exists between start and stop. */
interface Running {
  readonly core: RaftCore;
  readonly runner: EffectRunner;
  readonly transport: RaftTransport;
  readonly feed: CommittedFeed;
  readonly voteWriter: VoteWriter;
  readonly snapshots: SnapshotExchange;
}

/** Bytes that must be free before a node whose disk was full leads again. */
const roomToLead = 64 * 1024;

export class RaftNode {
  readonly journal: Journal;
  private readonly options: RaftNodeOptions;
  private readonly env: Env;
  private readonly clock: Clock;
  private readonly log: ReplicaLog;
  private readonly timing: RaftTiming;
  private readonly proposals: Proposals;
  private readonly metrics: RaftMetrics;
  private readonly leaderListeners = new Set<(leaderId: number, term: number) => void>();
  private readonly voterRequests = new VoterRequests((event) => this.post(event));
  private readonly transferWaiters: TransferWaiters;
  private running: Running | null = null;
  private connectedTo: VoterSet | null = null;
  private messages: RaftMessage[] = [];
  private events: RaftEvent[] = [];
  private isTurnPlanned = false;
  private timer: Timer | null = null;
  private isStopped = false;

  constructor(options: RaftNodeOptions) {
    this.options = options;
    this.env = options.env;
    this.clock = options.env.clock;
    this.log = options.log;
    this.timing = options.timing ?? raftTiming();
    this.transferWaiters = new TransferWaiters(this.clock);
    this.proposals = new Proposals(options.env.codecs);
    this.metrics = new RaftMetrics(options.env.metrics);
    this.journal = { append: (records, { epoch, timestamp }) => this.append(records, epoch, timestamp) };
  }

  /**
   * Reads vote, snapshot and log, gives the snapshot to the state machine, and takes part from then on.
   * Rejects with an Error that says what is wrong when they are damaged or do not belong together.
   */
  async start(): Promise<void> {
    const { env, options, log } = this;
    const { nodeId, directoryId, folder, events } = options;
    const storage = await openStorage({ env, folder, nodeId, directoryId, log });
    if (this.isStopped) {
      await storage.snapshots.close();
      return;
    }
    const { snapshot } = storage;
    const running = this.assemble(storage);
    this.running = running;
    log.setDurableListener(() => this.post({ kind: "durable" }));
    this.guarded("loading the metadata snapshot", () => {
      if (snapshot === null) return;
      events.onSnapshot({ end: snapshot.end, epoch: snapshot.epoch, bytes: snapshot.state });
    });
    log.requestSync();
    this.connect();
    if (!running.core.state.isVoter) {
      env.log.info({ directoryId }, "this node is no voter of the metadata log: it follows as observer");
    }
    // The first tick at once: who is alone leads then.
    this.ticked();
  }

  private assemble(storage: RaftStorage): Running {
    const { env, options, log, clock } = this;
    const { nodeId, clusterId, peers, events } = options;
    const core = this.makeCore(storage);
    const transport = new RaftTransport({
      ...{ nodeId, clusterId, peers, clock, log: env.log, codecs: env.codecs, random: env.random },
      electionTimeoutMs: this.timing.electionTimeoutMs,
      hello: (toId) => core.hello(toId),
      onMessage: (message) => this.received(message),
      onBroken: (id) => this.post({ kind: "unreachable", id }),
    });
    const voteWriter = new VoteWriter({
      file: storage.voteFile,
      clock,
      onWritten: (number) => this.post({ kind: "persisted", number }),
      onFailed: (error) => this.failLater("writing the vote file", error),
    });
    const feed = new CommittedFeed({
      ...{ log, codecs: env.codecs, events, end: storage.snapshot?.end ?? 0 },
      listener: {
        onFed: (end) => this.proposals.committed(end),
        onLeader: (leaderId, term) => this.leaderChanged(leaderId, term),
        onNotLeading: () => this.lostLeadership(),
      },
    });
    const snapshots = new SnapshotExchange({
      ...{ store: storage.snapshots, codecs: env.codecs, log: env.log, clock },
      post: (event) => this.post(event),
      send: (message) => {
        if (!this.isStopped) transport.send(message);
      },
      onFailed: (error) => this.failLater("storing a metadata snapshot", error),
    });
    const runner = new EffectRunner({
      ...{ nodeId, env, log, core, transport, feed, voteWriter, snapshots },
      onTransferFailed: () => this.transferWaiters.settle(false),
      onVoterChangeEnded: (number, refusal) => this.voterRequests.ended(number, refusal),
    });
    return { core, runner, transport, feed, voteWriter, snapshots };
  }

  private makeCore({ hardState, snapshot }: RaftStorage): RaftCore {
    const { env, options, log } = this;
    const { clusterId, nodeId, directoryId } = options;
    return new RaftCore({
      ...{
        nodeId,
        directoryId,
        clusterId,
        log,
        hardState,
        codecs: env.codecs,
        mayVote: options.mayVote !== false,
      },
      ticks: ticksOf(this.timing),
      random: (below) => Math.floor(env.random.float() * below),
      configuredVoters: options.voters.map((voter) => ({ ...voter, directoryId: voter.directoryId ?? null })),
      snapshot: { end: snapshot?.end ?? 0, epoch: snapshot?.epoch ?? -1 },
      snapshotVoters: snapshot?.voters ?? null,
    });
  }

  // ---- What others ask ----

  /** Node id, or -1: not known. */
  leaderId(): number {
    return this.running?.core.state.leaderId ?? -1;
  }

  /** Another voter, and there is no connection to it. */
  isCutOff(nodeId: number): boolean {
    return this.running?.transport.isCutOff(nodeId) ?? false;
  }

  term(): number {
    return this.running?.core.state.term ?? 0;
  }

  /** It leads and has told the state machine so. */
  isLeader(): boolean {
    return this.running !== null && this.running.feed.leadingTerm !== null;
  }

  /** Called when another leader, or none (-1), is known. Answers how to stop it. */
  onLeaderChange(listener: (leaderId: number, term: number) => void): () => void {
    this.leaderListeners.add(listener);
    return () => this.leaderListeners.delete(listener);
  }

  status(): RaftStatus | null {
    return this.running === null ? null : statusOf(this.running.core.state, this.running.feed.end);
  }

  /** For PeerApi.raft: a stream that a peer opened. */
  acceptStream(stream: PeerStream<RaftMessage, RaftMessage>): void {
    if (this.running !== null && !this.isStopped) {
      this.running.transport.accept(stream);
      return;
    }
    stream.start({ onMessage: () => {}, onClose: () => {} });
    stream.close();
  }

  /**
   * Hands leadership to the most caught-up voter. Resolves with true once this node does not lead any more
   * (or never did), with false when nobody could or did take over within `timeoutMs`.
   */
  transferLeadership(timeoutMs: number): Promise<boolean> {
    if (this.running === null || this.running.core.state.role !== "leader") return Promise.resolve(true);
    const over = this.transferWaiters.wait(timeoutMs);
    this.post({ kind: "transfer" });
    return over;
  }

  /** Resolves once it is committed; rejects with a BrokerError when refused, or lost with the leadership. */
  async changeVoters(change: VoterChange): Promise<void> {
    if (this.isLeader() && !this.isStopped) return this.voterRequests.ask(change);
    throw new BrokerError("NOT_CONTROLLER", `node ${this.options.nodeId} does not lead the metadata log`);
  }

  /**
   * The state machine's state after everything below `end` (an end that its journal gave it): kept in place
   * of the log before it. Resolves once it is on disk. One that is not newer than the latest is ignored.
   */
  async takeSnapshot(end: number, epoch: number, bytes: Uint8Array): Promise<void> {
    const { running } = this;
    if (running === null || this.isStopped || end <= running.core.state.snapshot.end) return;
    const { core, feed, snapshots } = running;
    this.guarded("checking a snapshot", () => this.checkSnapshot({ end, epoch }, core, feed.end));
    const voters = core.recordedVotersAt(end)?.voters ?? null;
    // The log, which stays as it is, can do without it; others need the room more.
    if (this.log.hasRoom?.(bytes.length + roomToLead) === false) return;
    const isSaved = await snapshots.save({ end, epoch, voters, state: bytes });
    if (!isSaved || this.isStopped || this.running !== running) return;
    this.post({ kind: "snapshotSaved", end, epoch });
  }

  /** Takes part no more; proposals that wait are refused. The log stays open. */
  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    this.timer?.cancel();
    this.proposals.lose("this node is being stopped");
    this.voterRequests.lose();
    this.transferWaiters.settle(true);
    const { running } = this;
    if (running === null) return;
    running.transport.close();
    await running.voteWriter.idle();
    await running.snapshots.close();
  }

  // ---- Proposals ----

  private append(records: readonly Uint8Array[], epoch: number, timestamp: number): AppendResult {
    const core = this.running?.core;
    if (core === undefined || this.isStopped || !core.accepts(epoch)) {
      const text = `node ${this.options.nodeId} cannot append in epoch ${epoch}: it does not lead in it`;
      throw new BrokerError("NOT_CONTROLLER", text);
    }
    const result = this.proposals.add(records, { term: epoch, timestamp, logEnd: this.log.end });
    this.planTurn();
    return result;
  }

  // ---- Turns ----

  private received(message: RaftMessage): void {
    if (this.isStopped || this.messages.length >= limits.raftInboxMessagesMax) return;
    this.messages.push(message);
    this.planTurn();
  }

  private post(event: RaftEvent): void {
    if (this.isStopped) return;
    this.events.push(event);
    this.planTurn();
  }

  private planTurn(): void {
    if (this.isTurnPlanned) return;
    this.isTurnPlanned = true;
    this.clock.endOfTurn(() => {
      this.isTurnPlanned = false;
      if (!this.isStopped) this.guarded("taking part in the consensus on metadata", () => this.turn());
    });
  }

  private turn(): void {
    const { core, feed, runner } = this.running!;
    this.writeProposals();
    const { events, messages } = this;
    this.events = [];
    this.messages = [];
    for (const message of mergeAppends(messages)) runner.step({ kind: "message", message });
    for (const event of events) {
      runner.step(event);
      if (event.kind === "snapshotSaved") trimLog(this.log, event.end, this.options.trailingOffsets);
    }
    if (core.state.voterSet !== this.connectedTo) this.connect();
    if (feed.run()) this.planTurn();
    this.metrics.update(core.state, feed.end);
  }

  private writeProposals(): void {
    const proposed = this.proposals.take();
    if (proposed === null) return;
    const { term, batches, end } = proposed;
    this.running!.runner.step({ kind: "propose", term, batches });
    const isTaken = this.log.end === end;
    // On a full disk it leads no more, and they are lost with the leadership.
    assert(
      isTaken || !this.running!.core.accepts(term),
      `proposals of term ${term} should end at ${end}, not at ${this.log.end}`,
    );
  }

  private ticked(): void {
    if (this.isStopped) return;
    this.running!.transport.check();
    this.lookForRoom();
    this.post({ kind: "tick" });
    // The next is planned when this one came: a process that stood still has missed ticks, and counts one.
    this.timer = this.clock.after(this.timing.tickMs, () => this.ticked());
  }

  private lookForRoom(): void {
    if (this.running!.core.state.lacksRoom && this.log.hasRoom?.(roomToLead) !== false)
      this.post({ kind: "room" });
  }

  /** Streams to all voters: those configured, at the configured places, and those that only the log names. */
  private connect(): void {
    const { core, transport } = this.running!;
    this.connectedTo = core.state.voterSet;
    const known = [...this.options.voters, ...this.connectedTo.voters];
    transport.connect(known.map(({ id: nodeId, host, port }) => ({ nodeId, host, port })));
  }

  // ---- What the core decided ----

  private leaderChanged(leaderId: number, term: number): void {
    if (leaderId >= 0) this.connect();
    for (const listener of [...this.leaderListeners]) listener(leaderId, term);
  }

  private lostLeadership(): void {
    this.proposals.lose("leadership was lost before the records were committed");
    this.transferWaiters.settle(true);
  }

  // ---- Trouble ----

  private guarded<T>(what: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      return this.fail(what, error);
    }
  }

  /** From within a promise, where nobody would hear an error. */
  private failLater(what: string, error: unknown): void {
    // A store that was closed answers those who still ask with an error.
    if (this.isStopped) return;
    this.isStopped = true;
    this.clock.endOfTurn(() => this.fail(what, error));
  }

  /** The log, the vote or the picture of the world cannot be trusted: nothing more may be said. */
  private fail(what: string, error: unknown): never {
    this.isStopped = true;
    this.timer?.cancel();
    return this.env.host.halt(`${what} failed, this process cannot go on: ${String(error)}`);
  }

  // ---- Snapshots ----

  private checkSnapshot({ end, epoch }: SnapshotMark, core: RaftCore, fedEnd: number): void {
    const found = core.state.epochBefore(end);
    if (end <= fedEnd && found === epoch && batchBaseAt(this.log, end) === end) return;
    throw new Error(
      `a snapshot should end where an entry given to the state machine ended: (${end}, epoch ${epoch}); ` +
        `given up to ${fedEnd}, epoch there ${found}`,
    );
  }
}
