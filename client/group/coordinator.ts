// shell: the broker that coordinates the group: found when needed, forgotten when it says that it is not the
// one or does not answer. Requests of membership have a connection of their own, so that a join that waits
// for others holds up no commit.
import { Backoff } from "../../base/backoff.ts";
import type { ClientEnv } from "../../base/ports/env.ts";
import type { Address } from "../../base/ports/network.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { type ApiDefinition, apis } from "../../proto/kafka/apis.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { RequestBody, RequestOptions } from "../connection/connection.ts";
import { brokerError, ClientError } from "../errors.ts";
import type { ConnectionOptions } from "../options/connection-options.ts";

const groupKeyType = 0;
/** Time between two looks whether the coordinator of a long request is still the coordinator. */
const checkEveryMs = 5_000;

export interface CoordinatorInfo extends Address {
  readonly nodeId: number;
}

export class Coordinator {
  readonly #env: ClientEnv;
  readonly #cluster: Cluster;
  readonly #options: ConnectionOptions;
  readonly #groupId: string;
  #known: CoordinatorInfo | null = null;
  #finding: Promise<CoordinatorInfo> | null = null;

  constructor(env: ClientEnv, cluster: Cluster, options: ConnectionOptions, groupId: string) {
    this.#env = env;
    this.#cluster = cluster;
    this.#options = options;
    this.#groupId = groupId;
  }

  get known(): CoordinatorInfo | null {
    return this.#known;
  }

  backoff(): Backoff {
    const { retryBackoffMs: baseMs, retryBackoffMaxMs: maxMs } = this.#options;
    return new Backoff({ baseMs, maxMs }, this.#env.random);
  }

  /** Has it looked for again before the next request. */
  forget(): void {
    this.#known = null;
  }

  /**
   * Sends to the coordinator, which is found before if need be. Rejects with ClientError, or with BrokerError
   * when the cluster names no coordinator (COORDINATOR_NOT_AVAILABLE may be tried again).
   */
  async request<Req, Res>(
    lane: "group" | "control",
    api: ApiDefinition<Req, Res>,
    body: RequestBody<Req>,
    options: RequestOptions = {},
  ): Promise<Res> {
    const { host, port } = await this.find();
    const connection = await this.#cluster.links.connect({ host, port }, lane);
    return await connection.request(api, body, options);
  }

  /** A request that may wait long: given up as soon as another broker coordinates the group. */
  async longRequest<Req, Res>(
    api: ApiDefinition<Req, Res>,
    body: RequestBody<Req>,
    options: RequestOptions,
  ): Promise<Res> {
    const asked = await this.find();
    let isOver = false;
    const watch = async (): Promise<void> => {
      while (!isOver) {
        await this.#cluster.sleeper.sleep(checkEveryMs);
        if (isOver) return;
        const now = await this.#ask().catch(() => null);
        if (isOver || now === null || now.nodeId === asked.nodeId) continue;
        const reason = `broker ${now.nodeId} coordinates the group ${this.#groupId} now`;
        const error = new ClientError("CONNECTION_LOST", `${api.name}: ${reason}`, {
          mayHaveBeenWritten: true,
        });
        this.#cluster.links.open({ host: asked.host, port: asked.port }, "group")?.close(error);
      }
    };
    watch().catch(() => {});
    try {
      return await this.request("group", api, body, options);
    } finally {
      isOver = true;
    }
  }

  /** Rejects with ClientError or BrokerError; finds once for all who ask meanwhile. */
  find(): Promise<CoordinatorInfo> {
    if (this.#known !== null) return Promise.resolve(this.#known);
    this.#finding ??= this.#ask()
      .then((found) => {
        this.#known = found;
        return found;
      })
      .finally(() => {
        this.#finding = null;
      });
    return this.#finding;
  }

  async #ask(): Promise<CoordinatorInfo> {
    const key = this.#groupId;
    const what = `find the coordinator of group ${key}`;
    const answer = await this.#cluster.toAny(apis.FindCoordinator, (version: number) => {
      if (version >= 4) return { keyType: groupKeyType, coordinatorKeys: [key] };
      return version >= 1 ? { key, keyType: groupKeyType } : { key };
    });
    const told = answer.coordinators.length > 0 ? answer.coordinators[0]! : answer;
    if (told.errorCode !== ErrorCode.NONE) throw brokerError(what, told.errorCode, told.errorMessage);
    const { nodeId, host, port } = told;
    if (nodeId < 0 || host === "") throw brokerError(what, ErrorCode.COORDINATOR_NOT_AVAILABLE);
    return { nodeId, host, port };
  }
}
