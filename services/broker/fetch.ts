// shell: Fetch: reads what is there; when it is less than the client wants and nothing is wrong, waits until
// a partition moves, time is up, or the client has gone, and reads again. A session says what a request means
// and what of the answer is news; everything in between is the same with and without one.
//
// Source: kafka-protocol Fetch; KIP-74 (the first batch comes whole), KIP-227 (sessions).
import { limits } from "../../base/limits.ts";
import type { RequestContext } from "../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import { type FetchedPartitions, firstVersionWithTopicIds, readPartitions } from "./fetch-read.ts";
import { FetchSessions, sessionRefusal } from "./fetch-sessions.ts";
import type { BrokerPorts } from "./ports.ts";

type Request = RequestOf<"Fetch">;
type Response = ResponseOf<"Fetch">;

export class Fetches {
  readonly #ports: BrokerPorts;
  readonly #sessions: FetchSessions;
  #waiting = 0;

  constructor(ports: BrokerPorts) {
    this.#ports = ports;
    const slots = ports.config.values.need("max.incremental.fetch.session.cache.slots");
    this.#sessions = new FetchSessions({ slots, random: ports.random });
  }

  /** Requests that wait for data now. */
  get waiting(): number {
    return this.#waiting;
  }

  async fetch(asked: Request, context: RequestContext): Promise<Response> {
    checkRequest(asked);
    const { clock } = this.#ports;
    const usesTopicIds = context.apiVersion >= firstVersionWithTopicIds;
    const scope = this.#sessions.open(asked, usesTopicIds, clock.monotonicMs());
    if (typeof scope === "string") return sessionRefusal(scope);
    const request = { ...asked, topics: scope.topics };
    const deadlineMs = clock.monotonicMs() + Math.max(0, request.maxWaitMs);
    let fetched = readPartitions(this.#ports, request, context);
    while (!isEnough(fetched, request) && !context.signal.cancelled) {
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0 || this.#waiting >= limits.waitingFetchesMax) break;
      await this.#moved(fetched, leftMs, context);
      fetched = readPartitions(this.#ports, request, context);
    }
    const { sessionId, responses } = scope.answer(fetched.responses, clock.monotonicMs());
    const { endpoints: nodeEndpoints } = fetched.hints;
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, sessionId, responses, nodeEndpoints };
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

function checkRequest({ replicaId, replicaState }: Request): void {
  if (replicaId >= 0 || replicaState.replicaId >= 0) {
    const text = "brokers replicate over their own protocol; a fetch is for consumers";
    throw new BrokerError("CLUSTER_AUTHORIZATION_FAILED", text);
  }
}
