// shell: carries proposals for in-sync sets to the controller: all that wait in one request, one request in
// flight a broker, tried again with growing pauses while the outcome is unknown. What an answer means is the
// leader state's business.

import { limits } from "../../base/limits.ts";
import type { Clock } from "../../base/ports/clock.ts";
import type { Log } from "../../base/ports/log.ts";
import type { Random } from "../../base/ports/random.ts";
import type { Uuid } from "../../base/uuid.ts";
import { ErrorCode, errorName } from "../../proto/errors.ts";
import type { AlterPartitionRequest, AlterPartitionResponse } from "../../proto/peer/peer-api.ts";
import type { IsrProposal, ProposalOutcome } from "./leader-state.ts";
import { PartitionMap } from "./partition-map.ts";

export interface AskedProposal {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly proposal: IsrProposal;
  /** False: nobody is interested any more, so an unknown outcome need not be cleared up. */
  answered(outcome: ProposalOutcome): boolean;
}

const pauseMinMs = 20;
const pauseMaxMs = 1000;
/** After this a call counts as failed, ms. */
const answerMaxMs = 5000;

export function outcomeOf(errorCode: number): ProposalOutcome {
  switch (errorCode) {
    case ErrorCode.NONE:
      return "accepted";
    case ErrorCode.INVALID_UPDATE_VERSION:
    case ErrorCode.FENCED_LEADER_EPOCH:
      return "stale";
    case ErrorCode.NOT_CONTROLLER:
    case ErrorCode.REQUEST_TIMED_OUT:
    case ErrorCode.NETWORK_EXCEPTION:
    case ErrorCode.UNKNOWN_SERVER_ERROR:
      return "unknown";
    default:
      return "refused";
  }
}

export class IsrProposals {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #send: (request: AlterPartitionRequest) => Promise<AlterPartitionResponse>;
  readonly #identity: () => { nodeId: number; brokerEpoch: number };
  readonly #waiting = new PartitionMap<AskedProposal>();
  #busy = false;
  #stopped = false;
  #pauseMs = pauseMinMs;

  constructor(options: {
    clock: Clock;
    random: Random;
    log: Log;
    identity: () => { nodeId: number; brokerEpoch: number };
    send: (request: AlterPartitionRequest) => Promise<AlterPartitionResponse>;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#log = options.log;
    this.#identity = options.identity;
    this.#send = options.send;
  }

  /** Replaces what waited for the same partition. Bounded by the partitions of this broker. */
  ask(asked: AskedProposal): void {
    this.#waiting.set(asked.topicId, asked.partition, asked);
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
  }

  #schedule(): void {
    if (this.#busy || this.#stopped || this.#waiting.size === 0) return;
    this.#busy = true;
    this.#clock.endOfTurn(() => void this.#round());
  }

  async #round(): Promise<void> {
    const batch: AskedProposal[] = [];
    for (const asked of this.#waiting.values()) {
      batch.push(asked);
      if (batch.length === limits.alterPartitionItemsMax) break;
    }
    for (const asked of batch) this.#waiting.delete(asked.topicId, asked.partition);
    const outcomes = await this.#outcomes(batch);
    if (this.#stopped) return;
    let unknown = false;
    batch.forEach((asked, index) => {
      const outcome = outcomes[index]!;
      const wanted = asked.answered(outcome);
      if (outcome !== "unknown" || !wanted) return;
      unknown = true;
      if (this.#waiting.get(asked.topicId, asked.partition) === undefined)
        this.#waiting.set(asked.topicId, asked.partition, asked);
    });
    this.#pauseMs = unknown ? Math.min(this.#pauseMs * 2, pauseMaxMs) : pauseMinMs;
    const goOn = (): void => {
      this.#busy = false;
      this.#schedule();
    };
    if (unknown) this.#clock.after(this.#pauseMs * (0.5 + this.#random.float()), goOn);
    else goOn();
  }

  /** A call that does not settle must not hold up all in-sync sets of this broker. */
  #within<T>(call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new Error(`no answer within ${answerMaxMs} ms`));
      const timer = this.#clock.after(answerMaxMs, late);
      call.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  async #outcomes(batch: readonly AskedProposal[]): Promise<ProposalOutcome[]> {
    const items = batch.map(({ topicId, partition, proposal }) => ({
      topicId,
      partition,
      leaderEpoch: proposal.leaderEpoch,
      partitionEpoch: proposal.partitionEpoch,
      isr: [...proposal.isr],
    }));
    try {
      const response = await this.#within(this.#send({ ...this.#identity(), items }));
      // A stale broker epoch: this broker is being registered anew, which ends every epoch it leads in.
      if (response.errorCode !== ErrorCode.NONE) {
        this.#log.debug(
          { error: errorName(response.errorCode) },
          "changing in-sync sets was refused as a whole",
        );
        return batch.map(() => "unknown");
      }
      const codes = new PartitionMap<number>();
      for (const item of response.items) codes.set(item.topicId, item.partition, item.errorCode);
      return batch.map(({ topicId, partition }) => {
        const code = codes.get(topicId, partition);
        return code === undefined ? "unknown" : outcomeOf(code);
      });
    } catch (error) {
      this.#log.debug({ error: String(error) }, "asking the controller to change in-sync sets failed");
      return batch.map(() => "unknown");
    }
  }
}
