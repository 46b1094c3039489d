// shell: brings messages to nodes by id and takes in what they send. To a voter a node speaks on the stream
// that it opened itself; to others, and while that stream is down, on the stream they opened to it.
//
// Keeps true: one inbound stream a node: a newer one replaces the older, which belongs to a process that is
// gone or has given it up. Messages that cannot be believed (another cluster, another addressee, damaged
// batches) end here.
import { limits } from "../../../base/limits.ts";
import type { Clock } from "../../../base/ports/clock.ts";
import type { Codecs } from "../../../base/ports/codecs.ts";
import type { Log } from "../../../base/ports/log.ts";
import type { Random } from "../../../base/ports/random.ts";
import { verifyCrc, walkBatches } from "../../../proto/batch/walk.ts";
import type { PeerAddress, PeerStream, Peers, RaftMessage } from "../../../proto/peer/peer-api.ts";
import { whyForeign } from "../core/messages.ts";
import { VoterLink } from "./voter-link.ts";

type RaftStream = PeerStream<RaftMessage, RaftMessage>;

interface Inbound {
  readonly stream: RaftStream;
  /** Null until it said who it is. */
  id: number | null;
}

export interface TransportOptions {
  readonly nodeId: number;
  readonly clusterId: string;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly random: Random;
  readonly codecs: Codecs;
  readonly log: Log;
  readonly electionTimeoutMs: number;
  hello(toId: number): RaftMessage;
  onMessage(message: RaftMessage): void;
  onBroken(id: number): void;
}

/** Election timeouts without an answer after which a stream is opened anew. */
const silentTimeouts = 3;

export class RaftTransport {
  private readonly options: TransportOptions;
  private readonly links = new Map<number, VoterLink>();
  private readonly inbound = new Map<number, Inbound>();
  private inboundCount = 0;
  private isClosed = false;

  constructor(options: TransportOptions) {
    this.options = options;
  }

  /** Opens a stream to each of these that has none. */
  connect(voters: readonly PeerAddress[]): void {
    const { nodeId, peers, clock, random, electionTimeoutMs } = this.options;
    for (const address of voters) {
      const { nodeId: id } = address;
      if (id === nodeId || this.links.has(id) || this.isClosed) continue;
      const link = new VoterLink({
        address,
        peers,
        clock,
        random,
        pauseMsMax: Math.max(20, electionTimeoutMs / 2),
        silenceMsMax: silentTimeouts * electionTimeoutMs,
        hello: () => this.options.hello(id),
        onMessage: (message) => this.received(message),
        onBroken: () => this.options.onBroken(id),
      });
      this.links.set(id, link);
    }
  }

  /** There should be a stream to this voter, and there is none. */
  isCutOff(id: number): boolean {
    return this.links.get(id)?.isOpen === false;
  }

  send(message: RaftMessage): void {
    const link = this.links.get(message.toId);
    if (link?.isOpen) link.send(message);
    else this.inbound.get(message.toId)?.stream.send(message);
  }

  /** A stream that a peer opened. */
  accept(stream: RaftStream): void {
    const inbound: Inbound = { stream, id: null };
    this.inboundCount += 1;
    stream.start({
      onMessage: (message) => this.receivedOn(inbound, message),
      onClose: () => {
        this.inboundCount -= 1;
        if (inbound.id !== null && this.inbound.get(inbound.id) === inbound) this.inbound.delete(inbound.id);
      },
    });
    if (this.isClosed || this.inboundCount > limits.raftObserversMax) stream.close();
  }

  /** Once a tick. */
  check(): void {
    for (const link of this.links.values()) link.check();
  }

  close(): void {
    this.isClosed = true;
    for (const link of this.links.values()) link.close();
    for (const { stream } of [...this.inbound.values()]) stream.close();
    this.inbound.clear();
  }

  private receivedOn(inbound: Inbound, message: RaftMessage): void {
    if (!this.received(message)) {
      // It cannot become better on this stream.
      inbound.stream.close();
      return;
    }
    if (inbound.id === message.fromId) return;
    const older = this.inbound.get(message.fromId);
    inbound.id = message.fromId;
    this.inbound.set(message.fromId, inbound);
    older?.stream.close();
  }

  /** False: it cannot be believed. */
  private received(message: RaftMessage): boolean {
    if (this.isClosed) return true;
    const why = whyForeign(message, this.options) ?? this.whyDamaged(message);
    if (why !== null) {
      const fields = { from: message.fromId, kind: message.kind };
      this.options.log.warn(fields, `ignoring a consensus message: ${why}`);
      return false;
    }
    this.links.get(message.fromId)?.heard();
    this.options.onMessage(message);
    return true;
  }

  private whyDamaged(message: RaftMessage): string | null {
    if (message.kind !== "append") return null;
    const { payload } = message;
    let end = 0;
    try {
      for (const { at, byteLength } of walkBatches(payload)) {
        if (!verifyCrc(payload, at, this.options.codecs))
          return `the batch at byte ${at} has a wrong checksum`;
        end = at + byteLength;
      }
    } catch (error) {
      return String(error);
    }
    return end === payload.length ? null : `its last batch is cut off at byte ${payload.length}`;
  }
}
