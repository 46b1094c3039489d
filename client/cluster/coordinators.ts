// shell: which broker coordinates a group (or a transaction), remembered until somebody says that it is
// another. Keeps true: at most so many are remembered; who cannot be reached is looked for anew. Error codes
// in the coordinators' own answers are the caller's to read, who calls `forget` after NOT_COORDINATOR.
//
// Source: KIP-699 (many keys in one FindCoordinator, versions 4 and above)
import { limits } from "../../base/limits.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { type ApiDefinition, apis } from "../../proto/kafka/apis.ts";
import type { RequestBody, RequestOptions } from "../connection/connection.ts";
import { brokerError, ClientError } from "../errors.ts";
import type { Lane } from "./broker-links.ts";
import type { Cluster } from "./cluster.ts";

export type CoordinatorKind = "group" | "transaction";

export interface Coordinator {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

const keyTypes = { group: 0, transaction: 1 } as const;
const batchedFrom = 4;

export class Coordinators {
  readonly #cluster: Cluster;
  readonly #kind: CoordinatorKind;
  readonly #lane: Lane;
  /** In the order in which they were learnt. */
  readonly #known = new Map<string, Coordinator>();
  /** The brokers are too old for more than one key a request. */
  #isOneByOne = false;

  /** `lane`: of the connections to coordinators. */
  constructor(cluster: Cluster, options: { readonly kind?: CoordinatorKind; readonly lane?: Lane } = {}) {
    this.#cluster = cluster;
    this.#kind = options.kind ?? "group";
    this.#lane = options.lane ?? "control";
  }

  /** What was learnt last; null: not known. */
  known(key: string): Coordinator | null {
    return this.#known.get(key) ?? null;
  }

  /** Next time the coordinator is asked for. */
  forget(key: string): void {
    this.#known.delete(key);
  }

  /** Rejects with ClientError or with BrokerError: COORDINATOR_NOT_AVAILABLE passes, others do not. */
  async find(key: string): Promise<Coordinator> {
    const found = (await this.findAll([key])).get(key)!;
    if (found instanceof Error) throw found;
    return found;
  }

  /**
   * For each key its coordinator, or why none is known. Rejects with ClientError when no broker could be
   * asked.
   */
  async findAll(keys: readonly string[]): Promise<Map<string, Coordinator | Error>> {
    const found = new Map<string, Coordinator | Error>();
    const open: string[] = [];
    for (const key of new Set(keys)) {
      const known = this.#known.get(key);
      if (known === undefined) open.push(key);
      else found.set(key, known);
    }
    for (let at = 0; at < open.length; at += limits.coordinatorKeysPerRequestMax) {
      const asked = open.slice(at, at + limits.coordinatorKeysPerRequestMax);
      for (const [key, answer] of await this.#ask(asked)) found.set(key, answer);
    }
    return found;
  }

  /** Sends to the coordinator of `key`. Rejects as `find` does, and with ClientError. */
  async toCoordinator<Req, Res>(
    key: string,
    api: ApiDefinition<Req, Res>,
    body: RequestBody<Req>,
    options: RequestOptions = {},
  ): Promise<Res> {
    return await this.send(await this.find(key), [key], api, body, options);
  }

  /** Sends to a coordinator that was found; forgets it, as that of `keys`, when it cannot be reached. */
  async send<Req, Res>(
    coordinator: Coordinator,
    keys: readonly string[],
    api: ApiDefinition<Req, Res>,
    body: RequestBody<Req>,
    options: RequestOptions = {},
  ): Promise<Res> {
    try {
      const { host, port } = coordinator;
      const connection = await this.#cluster.links.connect({ host, port }, this.#lane);
      return await connection.request(api, body, options);
    } catch (error) {
      // A request that is wrong in itself says nothing of whom it was sent to.
      const isLost = error instanceof ClientError && error.retriable;
      if (isLost) for (const key of keys) if (this.#known.get(key) === coordinator) this.forget(key);
      throw error;
    }
  }

  async #ask(keys: readonly string[]): Promise<Map<string, Coordinator | Error>> {
    if (!this.#isOneByOne) {
      try {
        return await this.#askTogether(keys);
      } catch (error) {
        const isOld = error instanceof ClientError && error.code === "UNSUPPORTED_BY_BROKER";
        if (!isOld) throw error;
        this.#isOneByOne = true;
      }
    }
    const answers = new Map<string, Coordinator | Error>();
    for (const key of keys) answers.set(key, await this.#askAlone(key));
    return answers;
  }

  async #askTogether(keys: readonly string[]): Promise<Map<string, Coordinator | Error>> {
    const body = { keyType: keyTypes[this.#kind], coordinatorKeys: keys };
    const versions = { min: batchedFrom };
    const answer = await this.#cluster.toAny(apis.FindCoordinator, body, { versions });
    const told = new Map(answer.coordinators.map((row) => [row.key, row]));
    return new Map(keys.map((key) => [key, this.#take(key, told.get(key))]));
  }

  async #askAlone(key: string): Promise<Coordinator | Error> {
    const keyType = keyTypes[this.#kind];
    // Version 0 knows groups only, and no other kind.
    const body = (version: number) => (version === 0 ? { key } : { key, keyType });
    const versions = { min: keyType === 0 ? 0 : 1, max: batchedFrom - 1 };
    return this.#take(key, await this.#cluster.toAny(apis.FindCoordinator, body, { versions }));
  }

  #take(
    key: string,
    told:
      | { errorCode: number; errorMessage: string | null; nodeId: number; host: string; port: number }
      | undefined,
  ): Coordinator | Error {
    const what = `find the coordinator of ${this.#kind} ${key}`;
    if (told === undefined) return new ClientError("MALFORMED_ANSWER", `${what}: the answer leaves it out`);
    if (told.errorCode !== ErrorCode.NONE) return brokerError(what, told.errorCode, told.errorMessage);
    const { nodeId: id, host, port } = told;
    const coordinator = { id, host, port };
    this.#known.set(key, coordinator);
    if (this.#known.size > limits.coordinatorsKnownMax) this.forget(this.#known.keys().next().value!);
    return coordinator;
  }
}
