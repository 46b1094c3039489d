// shell: this broker's standing with the active controller: registered, heard of by heartbeats on a stream,
// fenced or not, and at the end its controlled shutdown. Follows the controller wherever it moves; reconnects
// at once, since what is left of a session after its connection broke is short.
//
//   unregistered --register--> registered --session--> beating --STALE_BROKER_EPOCH,
// BROKER_ID_NOT_REGISTERED--+
//        ^
// |
// +-----------------------------------------------------------------------------------------------------+
import { Backoff } from "../base/backoff.ts";
import type { Clock, Timer } from "../base/ports/clock.ts";
import type { Log } from "../base/ports/log.ts";
import type { Random } from "../base/ports/random.ts";
import type { Uuid } from "../base/uuid.ts";
import { ErrorCode, type ErrorName, errorName } from "../proto/errors.ts";
import type {
  PeerApi,
  PeerCaller,
  PeerStream,
  RegisterBrokerRequest,
  SessionAnswer,
  SessionBeat,
} from "../proto/peer/peer-api.ts";
import { localStreamPair } from "./local-stream.ts";

export interface LifecycleOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What this broker registers with; its node id is in it. */
  readonly registration: RegisterBrokerRequest;
  readonly heartbeatIntervalMs: number;
  readonly sessionTimeoutMs: number;
  /** Id of the active controller, as far as this node knows; -1: of none. */
  readonly leaderId: () => number;
  /** A connection to a controller other than this node, kept by the owner. */
  readonly connect: (nodeId: number) => PeerCaller;
  /** This node's own controller; null when it is none. */
  readonly local: Pick<PeerApi, "registerBroker" | "session"> | null;
  /** End of the metadata this broker has applied. */
  readonly metadataEnd: () => number;
  /** Directories that failed while running. */
  readonly offlineDirectoryIds: () => Uuid[];
  /** The broker was registered, fenced, unfenced, or lost or found its session. */
  readonly onChange: () => void;
  /** The registration is committed: what it says of directories is known to the cluster. */
  readonly onRegistered: () => void;
  /** The controller will not have this broker, now or later: another cluster, another use of its id. */
  readonly onRefused: (error: ErrorName, message: string) => void;
}

interface Session {
  readonly leader: number;
  readonly stream: PeerStream<SessionBeat, SessionAnswer>;
  heardMs: number;
  hasAnswered: boolean;
}

const registerTimeoutMs = 2000;
const retryMinMs = 10;
const retryMaxMs = 250;
/** Refusals that another attempt does not mend. */
const finalRefusals: ReadonlySet<ErrorName> = new Set(["INCONSISTENT_CLUSTER_ID", "INVALID_REGISTRATION"]);

export class BrokerLifecycle {
  readonly #options: LifecycleOptions;
  readonly #backoff: Backoff;
  #brokerEpoch = -1;
  #isFenced = true;
  #isRegistered = false;
  /** The controller that a registration is under way with; -1: none is. */
  #registeringWith = -1;
  #session: Session | null = null;
  #beatTimer: Timer | null = null;
  #retryTimer: Timer | null = null;
  #willBeat = false;
  #wantShutdown = false;
  #mayShutDown: (() => void) | null = null;
  #isStopped = false;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ baseMs: retryMinMs, maxMs: retryMaxMs }, options.random);
  }

  /** Of the present registration; -1 before the first. */
  get brokerEpoch(): number {
    return this.#brokerEpoch;
  }

  /** By the controller's last word. */
  get isFenced(): boolean {
    return this.#isFenced;
  }

  /** True while a controller answers this broker's heartbeats. */
  get hasSession(): boolean {
    return this.#session?.hasAnswered ?? false;
  }

  start(): void {
    this.#scheduleBeat();
    this.#look();
  }

  /** Another node became, or ceased to be, the active controller. */
  controllerChanged(): void {
    this.#backoff.reset();
    this.#retryTimer?.cancel();
    this.#retryTimer = null;
    this.#look();
  }

  /**
   * What keeps a broker fenced, or from stopping, is often that it has not applied enough: it says so at
   * once.
   */
  metadataApplied(): void {
    if (!this.#isFenced && !this.#wantShutdown) return;
    this.#beatSoon();
  }

  /** A directory failed; the controller is told at once. */
  directoryFailed(): void {
    this.#beatSoon();
  }

  /**
   * Asks the controller to move away what this broker leads. True: it has, and the broker may stop; false:
   * there was
   * no such word in time.
   */
  async shutDown(options: { timeoutMs: number }): Promise<boolean> {
    if (!this.#isRegistered) return true;
    this.#wantShutdown = true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#mayShutDown = () => resolve(true);
    const timer = this.#options.clock.after(options.timeoutMs, () => resolve(false));
    this.#beatSoon();
    const done = await promise;
    timer.cancel();
    return done;
  }

  /** No heartbeat follows. */
  stop(): void {
    this.#isStopped = true;
    this.#beatTimer?.cancel();
    this.#retryTimer?.cancel();
    this.#dropSession();
    this.#mayShutDown?.();
  }

  /** Does what has to be done next, if anything. A wake carries nothing; everything is looked at again. */
  #look(): void {
    if (this.#isStopped) return;
    const leader = this.#options.leaderId();
    if (this.#session !== null && this.#session.leader !== leader) this.#dropSession();
    if (leader < 0) return;
    if (!this.#isRegistered) {
      if (this.#registeringWith !== leader) void this.#register(leader);
    } else if (this.#session === null && this.#retryTimer === null) {
      this.#openSession(leader);
    }
  }

  #retryLater(): void {
    if (this.#isStopped || this.#retryTimer !== null) return;
    this.#retryTimer = this.#options.clock.after(this.#backoff.nextMs(), () => {
      this.#retryTimer = null;
      this.#look();
    });
  }

  async #register(leader: number): Promise<void> {
    const { registration, local, connect, log } = this.#options;
    this.#registeringWith = leader;
    let errorCode: number = ErrorCode.NOT_CONTROLLER;
    let message = "this node is no controller";
    let brokerEpoch = -1;
    try {
      const isLocal = leader === registration.nodeId;
      const answer = isLocal
        ? await local?.registerBroker(registration)
        : await connect(leader).registerBroker(registration, { timeoutMs: registerTimeoutMs });
      if (answer !== undefined) ({ errorCode, errorMessage: message, brokerEpoch } = answer);
    } catch (error) {
      message = String(error);
    }
    // Another attempt, with a newer controller, has taken over.
    if (this.#isStopped || this.#isRegistered || this.#registeringWith !== leader) return;
    if (errorCode === ErrorCode.NONE) {
      this.#isRegistered = true;
      this.#brokerEpoch = brokerEpoch;
      this.#isFenced = true;
      this.#registeringWith = -1;
      this.#backoff.reset();
      log.info({ brokerEpoch, controller: leader }, "registered with the controller");
      this.#options.onRegistered();
      this.#options.onChange();
      this.#look();
      return;
    }
    this.#registrationFailed(leader, errorCode, message);
  }

  #registrationFailed(leader: number, errorCode: number, message: string): void {
    const error = errorName(errorCode);
    const fields = { controller: leader, error, message };
    if (finalRefusals.has(error)) {
      this.#options.log.error(fields, "the controller refuses this broker");
      this.#options.onRefused(error, message);
      return;
    }
    this.#options.log.debug(fields, "could not register with the controller; trying again");
    const { clock } = this.#options;
    clock.after(this.#backoff.nextMs(), () => {
      if (this.#registeringWith === leader) this.#registeringWith = -1;
      this.#look();
    });
  }

  #openSession(leader: number): void {
    const { clock, log } = this.#options;
    const stream = this.#openStream(leader);
    if (stream === null) {
      this.#retryLater();
      return;
    }
    const session: Session = { leader, stream, heardMs: clock.monotonicMs(), hasAnswered: false };
    this.#session = session;
    stream.start({
      onMessage: (answer) => {
        if (this.#session === session) this.#answered(session, answer);
      },
      onClose: (error) => {
        if (this.#session !== session) return;
        log.debug({ controller: leader, error: String(error) }, "lost the session with the controller");
        this.#sessionLost();
      },
    });
    this.#beat();
  }

  #openStream(leader: number): PeerStream<SessionBeat, SessionAnswer> | null {
    const { clock, connect, local, registration } = this.#options;
    if (leader !== registration.nodeId) return connect(leader).openSession();
    if (local === null) return null;
    const [ours, theirs] = localStreamPair<SessionBeat, SessionAnswer>(clock);
    local.session(theirs);
    return ours;
  }

  #answered(session: Session, answer: SessionAnswer): void {
    const { clock, log } = this.#options;
    session.heardMs = clock.monotonicMs();
    const error = errorName(answer.errorCode);
    if (answer.errorCode !== ErrorCode.NONE) {
      log.info(
        { controller: session.leader, error },
        "the controller does not take this broker's " + "heartbeats",
      );
      if (error === "STALE_BROKER_EPOCH" || error === "BROKER_ID_NOT_REGISTERED") {
        this.#isRegistered = false;
        this.#isFenced = true;
      }
      session.stream.close();
      this.#sessionLost();
      return;
    }
    this.#backoff.reset();
    const isNews = !session.hasAnswered || answer.fenced !== this.#isFenced;
    if (answer.fenced !== this.#isFenced) {
      const { brokerEpoch } = this;
      log.info({ brokerEpoch, fenced: answer.fenced }, answer.fenced ? "this broker is fenced" : "unfenced");
    }
    session.hasAnswered = true;
    this.#isFenced = answer.fenced;
    if (isNews) this.#options.onChange();
    if (answer.shouldShutdown && this.#wantShutdown) this.#mayShutDown?.();
  }

  #dropSession(): void {
    const session = this.#session;
    if (session === null) return;
    this.#session = null;
    session.stream.close();
    if (!this.#isStopped) this.#options.onChange();
  }

  #sessionLost(): void {
    this.#session = null;
    this.#options.onChange();
    this.#retryLater();
  }

  #scheduleBeat(): void {
    const { clock, heartbeatIntervalMs, sessionTimeoutMs } = this.#options;
    this.#beatTimer = clock.after(heartbeatIntervalMs, () => {
      if (this.#isStopped) return;
      this.#scheduleBeat();
      const silentMs = this.#session === null ? 0 : clock.monotonicMs() - this.#session.heardMs;
      // A connection that swallows everything does not say that it is dead.
      if (silentMs > sessionTimeoutMs / 2) this.#dropSession();
      this.#look();
      this.#beat();
    });
  }

  #beatSoon(): void {
    if (this.#willBeat || this.#session === null) return;
    this.#willBeat = true;
    this.#options.clock.endOfTurn(() => {
      this.#willBeat = false;
      this.#beat();
    });
  }

  #beat(): void {
    if (this.#session === null || this.#isStopped) return;
    const { registration, metadataEnd, offlineDirectoryIds } = this.#options;
    this.#session.stream.send({
      nodeId: registration.nodeId,
      brokerEpoch: this.#brokerEpoch,
      metadataEnd: metadataEnd(),
      wantShutdown: this.#wantShutdown,
      offlineDirectoryIds: offlineDirectoryIds(),
    });
  }
}
