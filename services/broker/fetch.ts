// shell: Fetch: reads what is there; when it is less than the client wants and nothing is wrong, waits until
// a partition moves, time is up, or the client has gone, and reads again. Sessions are never handed out, so
// every request says all.
//
// Source: kafka-protocol Fetch; KIP-74 (the first batch comes whole), KIP-227 (session id 0 is always right).
import { limits } from "../../base/limits.ts";
import type { RequestContext } from "../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import { type FetchedPartitions, readPartitions } from "./fetch-read.ts";
import type { BrokerPorts } from "./ports.ts";

type Request = RequestOf<"Fetch">;
type Response = ResponseOf<"Fetch">;

export class Fetches {
  readonly #ports: BrokerPorts;
  #waiting = 0;

  constructor(ports: BrokerPorts) {
    this.#ports = ports;
  }

  /** Requests that wait for data now. */
  get waiting(): number {
    return this.#waiting;
  }

  async fetch(request: Request, context: RequestContext): Promise<Response> {
    checkRequest(request);
    const { clock } = this.#ports;
    const deadlineMs = clock.monotonicMs() + Math.max(0, request.maxWaitMs);
    let fetched = readPartitions(this.#ports, request, context);
    while (!isEnough(fetched, request) && !context.signal.cancelled) {
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0 || this.#waiting >= limits.waitingFetchesMax) break;
      await this.#moved(fetched, leftMs, context);
      fetched = readPartitions(this.#ports, request, context);
    }
    const { responses, hints } = fetched;
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      sessionId: 0,
      responses,
      nodeEndpoints: hints.endpoints,
    };
  }

  /** Resolves when one of the partitions moved, after `leftMs`, or when nobody waits any more. */
  async #moved({ replicas }: FetchedPartitions, leftMs: number, { signal }: RequestContext): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stops = replicas.map((replica) => replica.watch(resolve));
    stops.push(signal.onCancel(resolve));
    const timer = this.#ports.clock.after(leftMs, resolve);
    this.#waiting += 1;
    await promise;
    this.#waiting -= 1;
    timer.cancel();
    for (const stop of stops) stop();
  }
}

function isEnough(fetched: FetchedPartitions, request: Request): boolean {
  return fetched.mustAnswer || fetched.bytes >= request.minBytes;
}

function checkRequest({ sessionId, sessionEpoch, replicaId, replicaState }: Request): void {
  if (sessionId !== 0 && sessionEpoch > 0) {
    throw new BrokerError("FETCH_SESSION_ID_NOT_FOUND", `there is no fetch session ${sessionId}`);
  }
  if (replicaId >= 0 || replicaState.replicaId >= 0) {
    const text = "brokers replicate over their own protocol; a fetch is for consumers";
    throw new BrokerError("CLUSTER_AUTHORIZATION_FAILED", text);
  }
}
