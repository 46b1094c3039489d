// shell: one connection to one broker: introduces itself, writes requests as they come, matches answers in
// order. Any trouble ends it: all that wait are rejected, with the word whether their request may have been
// carried out. Knows nothing of topics, leaders or retries.
import { limits } from "../../base/limits.ts";
import type { Timer } from "../../base/ports/clock.ts";
import type { ClientEnv } from "../../base/ports/env.ts";
import type { Address, Socket } from "../../base/ports/network.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { type ApiDefinition, apis } from "../../proto/kafka/apis.ts";
import { FrameSplitter } from "../../proto/kafka/frame-splitter.ts";
import { correlationIdOf, decodeResponse, encodeRequestParts } from "../../proto/kafka/frames.ts";
import type { ApiVersionsResponse } from "../../proto/kafka/generated/messages.ts";
import type { Input, VersionRange } from "../../proto/kafka/schema.ts";
import { asError, brokerError, ClientError } from "../errors.ts";
import { softwareName, softwareVersion } from "../software.ts";
import { addressText } from "./address.ts";
import { type BrokerVersions, chooseVersion } from "./versions.ts";

export interface ConnectionSettings {
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

export interface RequestOptions {
  /** Instead of the connection's own. */
  readonly timeoutMs?: number | undefined;
  /** Narrows the versions that may be sent. */
  readonly versions?: Partial<VersionRange> | undefined;
}

interface Pending {
  readonly api: ApiDefinition;
  readonly version: number;
  readonly correlationId: number;
  readonly sentAtMs: number;
  readonly timer: Timer;
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The body of a request, or how to make it for the version that was chosen. */
export type RequestBody<Req> = Input<Req> | ((version: number) => Input<Req>);

const introductionVersion = 3;

export class Connection {
  readonly address: Address;
  /** Requests before this moment (monotonic) are unwelcome: the broker throttles (KIP-219). */
  throttledUntilMs = 0;
  /** Called once, when the connection is over. */
  onClose: ((error: Error) => void) | null = null;
  readonly #env: ClientEnv;
  readonly #settings: ConnectionSettings;
  readonly #socket: Socket;
  readonly #splitter = new FrameSplitter({ frameBytesMax: limits.frameBytesMax, lend: false });
  readonly #pending: Pending[] = [];
  #versions: BrokerVersions = new Map([[apis.ApiVersions.key, apis.ApiVersions.request.versions]]);
  #nextCorrelationId = 0;
  #closed: Error | null = null;

  private constructor(env: ClientEnv, address: Address, settings: ConnectionSettings, socket: Socket) {
    this.#env = env;
    this.address = address;
    this.#settings = settings;
    this.#socket = socket;
    socket.start({
      onData: (chunk) => this.#read(chunk),
      onDrain: () => {},
      onClose: (error) => this.#end(this.#lost(error)),
    });
  }

  /** Connects and asks for the broker's versions. Rejects with ClientError; nothing is left behind then. */
  static async open(env: ClientEnv, address: Address, settings: ConnectionSettings): Promise<Connection> {
    const where = addressText(address);
    let socket: Socket;
    try {
      socket = await env.network.connect({ ...address, timeoutMs: settings.connectTimeoutMs });
    } catch (error) {
      const reason = asError(error).message;
      throw new ClientError("CONNECT_FAILED", `connect to ${where}: ${reason}`, { cause: error });
    }
    const connection = new Connection(env, address, settings, socket);
    try {
      await connection.#introduce();
    } catch (error) {
      connection.close();
      if (error instanceof ClientError && error.code === "CONNECTION_LOST") {
        throw new ClientError("CONNECT_FAILED", `connect to ${where}: closed before it said its versions`, {
          cause: error,
        });
      }
      throw error;
    }
    return connection;
  }

  get isOpen(): boolean {
    return this.#closed === null;
  }

  get versions(): BrokerVersions {
    return this.#versions;
  }

  /** Requests that wait for their answers. */
  get inFlight(): number {
    return this.#pending.length;
  }

  /** How long the oldest request has waited. */
  oldestWaitMs(): number {
    const oldest = this.#pending[0];
    return oldest === undefined ? 0 : this.#env.clock.monotonicMs() - oldest.sentAtMs;
  }

  /**
   * Sends a request and resolves with the answer's body, whatever error codes are in it. Rejects with
   * ClientError; `mayHaveBeenWritten` is false when nothing was sent.
   */
  request<Req, Res>(
    api: ApiDefinition<Req, Res>,
    body: RequestBody<Req>,
    options: RequestOptions = {},
  ): Promise<Res> {
    return new Promise<Res>((resolve, reject) => {
      const { version, correlationId } = this.#write(api, body, options);
      const timeoutMs = options.timeoutMs ?? this.#settings.requestTimeoutMs;
      this.#pending.push({
        api: api as ApiDefinition,
        version,
        correlationId,
        sentAtMs: this.#env.clock.monotonicMs(),
        timer: this.#env.clock.after(timeoutMs, () => this.#timeOut(api.name, timeoutMs)),
        resolve: resolve as (value: unknown) => void,
        reject,
      });
    });
  }

  /** Sends a request that the broker never answers (Produce with acks=0). Throws ClientError. */
  sendWithoutAnswer<Req, Res>(
    api: ApiDefinition<Req, Res>,
    body: RequestBody<Req>,
    options: RequestOptions = {},
  ): void {
    this.#write(api, body, options);
  }

  /** Ends it at once; all that wait are rejected. `error` is what they are told. */
  close(error?: Error): void {
    this.#end(error ?? this.#lost(null));
  }

  #write<Req, Res>(
    api: ApiDefinition<Req, Res>,
    body: RequestBody<Req>,
    options: RequestOptions,
  ): { version: number; correlationId: number } {
    const what = `${api.name} to ${addressText(this.address)}`;
    if (this.#closed !== null) {
      throw new ClientError("CONNECTION_LOST", `${what}: the connection is over`, { cause: this.#closed });
    }
    if (this.#pending.length >= limits.requestsInFlightPerConnectionMax) {
      throw new ClientError("TOO_MANY_REQUESTS", `${what}: ${this.#pending.length} requests wait already`);
    }
    const version = chooseVersion(api as ApiDefinition, this.#versions, options.versions);
    const correlationId = this.#nextCorrelationId;
    this.#nextCorrelationId = (this.#nextCorrelationId + 1) & 0x7fffffff;
    const parts = encodeRequestParts({
      api,
      version,
      correlationId,
      clientId: this.#settings.clientId,
      body: typeof body === "function" ? (body as (version: number) => Input<Req>)(version) : body,
    });
    this.#socket.write(parts);
    return { version, correlationId };
  }

  async #introduce(): Promise<void> {
    const body = { clientSoftwareName: softwareName, clientSoftwareVersion: softwareVersion };
    const ask = (version: number): Promise<ApiVersionsResponse> =>
      this.request(apis.ApiVersions, body, {
        timeoutMs: this.#settings.connectTimeoutMs,
        versions: { min: version, max: version },
      });
    let answer = await ask(introductionVersion);
    if (answer.errorCode === ErrorCode.UNSUPPORTED_VERSION) {
      // KIP-511: the broker names the versions of ApiVersions that it knows; without them 0 always works.
      const own = answer.apiKeys.find((row) => row.apiKey === apis.ApiVersions.key);
      answer = await ask(Math.max(0, Math.min(introductionVersion - 1, own?.maxVersion ?? 0)));
    }
    if (answer.errorCode !== ErrorCode.NONE) {
      throw brokerError(`ask ${addressText(this.address)} for its versions`, answer.errorCode);
    }
    this.#versions = new Map(
      answer.apiKeys.map((row) => [row.apiKey, { min: row.minVersion, max: row.maxVersion }]),
    );
  }

  #read(chunk: Uint8Array): void {
    try {
      for (const frame of this.#splitter.push(chunk)) {
        if (this.#closed !== null) return;
        this.#answer(frame);
      }
    } catch (error) {
      const text = `answer from ${addressText(this.address)}: ${asError(error).message}`;
      this.#end(new ClientError("MALFORMED_ANSWER", text, { cause: error, mayHaveBeenWritten: true }));
    }
  }

  #answer(frame: Uint8Array): void {
    const pending = this.#pending[0];
    const correlationId = correlationIdOf(frame);
    if (pending === undefined || pending.correlationId !== correlationId) {
      const expected = pending?.correlationId ?? "none";
      throw new Error(`correlation id ${correlationId} came, ${expected} was due`);
    }
    const { body } = decodeResponse(pending.api, pending.version, frame);
    this.#pending.shift();
    pending.timer.cancel();
    const throttleTimeMs = (body as { throttleTimeMs?: number }).throttleTimeMs ?? 0;
    if (throttleTimeMs > 0) this.throttledUntilMs = this.#env.clock.monotonicMs() + throttleTimeMs;
    pending.resolve(body);
  }

  #timeOut(name: string, timeoutMs: number): void {
    const text = `${name} to ${addressText(this.address)}: no answer within ${timeoutMs} ms`;
    this.#end(new ClientError("REQUEST_TIMED_OUT", text, { mayHaveBeenWritten: true }));
  }

  #lost(cause: Error | null): ClientError {
    const reason = cause === null ? "closed" : cause.message;
    const text = `connection to ${addressText(this.address)}: ${reason}`;
    return new ClientError("CONNECTION_LOST", text, { cause: cause ?? undefined, mayHaveBeenWritten: true });
  }

  #end(error: Error): void {
    if (this.#closed !== null) return;
    this.#closed = error;
    this.#socket.destroy();
    for (const pending of this.#pending.splice(0)) {
      pending.timer.cancel();
      pending.reject(error);
    }
    this.onClose?.(error);
  }
}
