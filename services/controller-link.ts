// shell: the way to the active controller, wherever it is: this node itself, or a peer. Looks again when it
// moves, and tries again until time is up. Decides nothing; a request whose answer was lost may have been
// carried out.
import { InvariantError } from "../base/assert.ts";
import { Backoff } from "../base/backoff.ts";
import type { Clock } from "../base/ports/clock.ts";
import type { Random } from "../base/ports/random.ts";
import { BrokerError, ErrorCode } from "../proto/errors.ts";
import type {
  AllocateProducerIdsResponse,
  AlterPartitionRequest,
  AlterPartitionResponse,
  PeerApi,
  PeerCaller,
  RegisterBrokerRequest,
  RegisterBrokerResponse,
} from "../proto/peer/peer-api.ts";
import type { ControllerPort } from "./broker/ports.ts";

/** What a controller answers by single calls. */
export type ControllerCalls = Pick<
  PeerCaller,
  "forward" | "registerBroker" | "alterPartition" | "allocateProducerIds"
>;

export interface ControllerLinkOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly nodeId: number;
  /** Epoch of this broker's registration; -1 before it. */
  readonly brokerEpoch: () => number;
  /** Id of the active controller, as far as this node knows; -1: of none. */
  readonly leaderId: () => number;
  /** A connection to a controller other than this node, kept by the owner. */
  readonly connect: (nodeId: number) => PeerCaller;
  /** This node's own controller; null when it is none. */
  readonly local: Pick<PeerApi, keyof ControllerCalls> | null;
}

const leaderCheckMs = 50;
const retryMinMs = 20;
const retryMaxMs = 250;
const alterPartitionTimeoutMs = 2000;

/** The controller asked is no longer the active one; the answer is not waited for. */
class ControllerMoved extends Error {}

export class ControllerLink implements ControllerPort {
  readonly #options: ControllerLinkOptions;
  /** Ends the pause of each that waits for another attempt. */
  readonly #pauses = new Set<() => void>();

  constructor(options: ControllerLinkOptions) {
    this.#options = options;
  }

  /** Another node became the active controller, as far as this node knows: who waits asks it at once. */
  controllerChanged(): void {
    if (this.#options.leaderId() < 0) return;
    for (const end of [...this.#pauses]) end();
  }

  async forward(request: Parameters<ControllerPort["forward"]>[0]): Promise<Uint8Array> {
    const { timeoutMs, ...call } = request;
    const answer = await this.#persist(`API ${call.apiKey}`, timeoutMs, (controller, leftMs) =>
      controller.forward(call, { timeoutMs: leftMs }),
    );
    if (answer.errorCode !== ErrorCode.NONE) throw BrokerError.fromCode(answer.errorCode);
    return answer.body;
  }

  allocateProducerIds({ timeoutMs }: { timeoutMs: number }): Promise<AllocateProducerIdsResponse> {
    return this.#persist("AllocateProducerIds", timeoutMs, (controller, leftMs) => {
      const { nodeId, brokerEpoch } = this.#options;
      return controller.allocateProducerIds({ nodeId, brokerEpoch: brokerEpoch() }, { timeoutMs: leftMs });
    });
  }

  /** One attempt: whoever proposes a change of an in-sync set has to look at it again before the next. */
  alterPartition(request: AlterPartitionRequest): Promise<AlterPartitionResponse> {
    return this.#attempt(alterPartitionTimeoutMs, (controller, timeoutMs) =>
      controller.alterPartition(request, { timeoutMs }),
    );
  }

  /** One attempt. */
  registerBroker(
    request: RegisterBrokerRequest,
    options: { timeoutMs: number },
  ): Promise<RegisterBrokerResponse> {
    return this.#attempt(options.timeoutMs, (controller, timeoutMs) =>
      controller.registerBroker(request, { timeoutMs }),
    );
  }

  /** Asks until a controller that is active has answered, or time is up. */
  async #persist<T extends { errorCode: number }>(
    what: string,
    timeoutMs: number,
    run: (controller: ControllerCalls, timeoutMs: number) => Promise<T>,
  ): Promise<T> {
    const { clock, random } = this.#options;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    const backoff = new Backoff({ baseMs: retryMinMs, maxMs: retryMaxMs }, random);
    let last = "no active controller is known";
    for (;;) {
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) break;
      try {
        const answer = await this.#attempt(leftMs, run);
        if (answer.errorCode !== ErrorCode.NOT_CONTROLLER) return answer;
        last = "the one that was asked is not the active controller";
      } catch (error) {
        if (!mayPass(error)) throw error;
        last = (error as Error).message;
      }
      const pauseMs = Math.min(backoff.nextMs(), Math.max(0, deadlineMs - clock.monotonicMs()));
      if (await this.#pause(pauseMs)) backoff.reset();
    }
    throw new BrokerError(
      "REQUEST_TIMED_OUT",
      `${what}: no answer of the controller in ${timeoutMs} ms; ${last}`,
    );
  }

  /** True: it was cut short, since the controller is another. */
  #pause(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const over = (isCut: boolean): void => {
        this.#pauses.delete(cut);
        timer.cancel();
        resolve(isCut);
      };
      const cut = (): void => over(true);
      const timer = this.#options.clock.after(ms, () => over(false));
      this.#pauses.add(cut);
    });
  }

  async #attempt<T>(
    timeoutMs: number,
    run: (controller: ControllerCalls, timeoutMs: number) => Promise<T>,
  ): Promise<T> {
    const { clock, leaderId, nodeId } = this.#options;
    const leader = leaderId();
    if (leader < 0) throw new BrokerError("NOT_CONTROLLER", "no active controller is known");
    const controller = leader === nodeId ? this.#localCalls() : this.#options.connect(leader);
    const { promise: given, reject: giveUp } = Promise.withResolvers<never>();
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    // An old controller that hangs must not hold up a request that the new one would answer.
    const check = (): void => {
      const now = leaderId();
      if (now >= 0 && now !== leader)
        giveUp(new ControllerMoved(`the controller moved from ${leader} to ` + `${now}`));
      else if (clock.monotonicMs() >= deadlineMs) giveUp(new Error(`controller ${leader} has not answered`));
      else timer = clock.after(leaderCheckMs, check);
    };
    let timer = clock.after(leaderCheckMs, check);
    try {
      return await Promise.race([run(controller, timeoutMs), given]);
    } finally {
      timer.cancel();
    }
  }

  #localCalls(): ControllerCalls {
    const { local } = this.#options;
    if (local === null) throw new BrokerError("NOT_CONTROLLER", "this node is no controller");
    return local;
  }
}

/** True for what another attempt may mend. */
function mayPass(error: unknown): boolean {
  if (error instanceof InvariantError) return false;
  return !(error instanceof BrokerError) || error.code === ErrorCode.NOT_CONTROLLER;
}
