// shell: how admin requests reach whom they are for, and are tried again until they are answered or the time
// is over. Knows no request.
import { Backoff } from "../../base/backoff.ts";
import type { ClientEnv } from "../../base/ports/env.ts";
import type { ApiDefinition } from "../../proto/kafka/apis.ts";
import { Cluster } from "../cluster/cluster.ts";
import { Coordinators } from "../cluster/coordinators.ts";
import { closedError } from "../cluster/sleeper.ts";
import type { RequestBody, RequestOptions } from "../connection/connection.ts";
import { asError, ClientError, isRetriable } from "../errors.ts";
import type { AdminSettings } from "./admin-options.ts";

export class AdminCalls {
  readonly env: ClientEnv;
  readonly cluster: Cluster;
  /** Of groups. */
  readonly coordinators: Coordinators;
  readonly settings: AdminSettings;

  constructor(env: ClientEnv, settings: AdminSettings) {
    this.env = env;
    this.settings = settings;
    this.cluster = new Cluster(env, settings);
    this.coordinators = new Coordinators(this.cluster);
  }

  /**
   * Tries `attempt` until it works, an error is final or `timeoutMs` is over; ClientError TIMED_OUT then. The
   * attempt is told how many came before it.
   */
  async retrying<T>(
    what: string,
    attempt: (before: number) => Promise<T>,
    timeoutMs: number = this.settings.apiTimeoutMs,
  ): Promise<T> {
    const { retryBackoffMs: baseMs, retryBackoffMaxMs: maxMs } = this.settings;
    const backoff = new Backoff({ baseMs, maxMs }, this.env.random);
    const deadlineMs = this.env.clock.monotonicMs() + timeoutMs;
    for (let before = 0; ; before++) {
      if (this.cluster.isClosed) throw closedError();
      try {
        return await attempt(before);
      } catch (error) {
        if (this.cluster.isClosed) throw closedError();
        if (!isRetriable(error)) throw error;
        const waitMs = backoff.nextMs();
        if (this.env.clock.monotonicMs() + waitMs >= deadlineMs) {
          const text = `${what}: not done within ${timeoutMs} ms: ${asError(error).message}`;
          throw new ClientError("TIMED_OUT", text, { cause: error });
        }
        this.cluster.requestRefresh();
        await this.cluster.sleeper.sleep(waitMs);
      }
    }
  }

  /** To the broker that metadata calls the controller, once; brokers pass on what is not theirs (KIP-590). */
  async toController<Req, Res>(
    api: ApiDefinition<Req, Res>,
    body: RequestBody<Req>,
    options: RequestOptions = {},
  ): Promise<Res> {
    const { cluster } = this;
    if (cluster.cache.broker(cluster.cache.controllerId) === null) {
      await cluster.refreshed();
      if (cluster.lastProblem !== null) throw cluster.lastProblem;
    }
    const { controllerId, brokers } = cluster.cache;
    const target = cluster.cache.broker(controllerId) === null ? brokers[0]?.id : controllerId;
    if (target === undefined) {
      throw new ClientError("CLUSTER_UNREACHABLE", `${api.name}: the cluster names no broker`);
    }
    return await cluster.toBroker(target, "control", api, body, options);
  }
}
