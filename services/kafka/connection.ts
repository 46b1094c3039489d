// shell: one client connection. Frames in, answers out, in the order of the requests.
//
// Keeps true: requests start in order, and one at a time, as a Kafka broker does it; only a run of Produce or
// of OffsetCommit requests is worked on at once, since each is appended before the next starts and only their
// acknowledgements wait. Answers of one turn leave in one write. While too much waits (requests, their bytes,
// or answers the client does not read), nothing more is read and nothing more is started. What cannot be
// served closes this connection and no other.
import { InvariantError } from "../../base/assert.ts";
import { limits } from "../../base/limits.ts";
import type { Clock } from "../../base/ports/clock.ts";
import type { Host } from "../../base/ports/env.ts";
import type { Log } from "../../base/ports/log.ts";
import type { Socket } from "../../base/ports/network.ts";
import type { CancelSignal, RequestContext } from "../../proto/broker-api.ts";
import { BrokerError, ErrorCode, ProtocolError } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { type FrameBuffers, FrameSplitter } from "../../proto/kafka/frame-splitter.ts";
import { encodeApiVersionsFallback, encodeResponseParts } from "../../proto/kafka/frames.ts";
import type { ProduceResponse } from "../../proto/kafka/generated/messages.ts";
import type { DoorMetrics } from "./door-metrics.ts";
import { errorResponse } from "./error-responses.ts";
import type { Operations } from "./operations.ts";
import { apiKeyOf, type OpenedRequest, openRequest } from "./request.ts";

/** Between our end of a connection and its destruction, if the client does not close its end, ms. */
const endGraceMs = 5000;

export interface ConnectionContext {
  readonly clock: Clock;
  readonly host: Host;
  readonly log: Log;
  readonly metrics: DoorMetrics;
  readonly operations: Operations;
  readonly requestBytesMax: number;
  /** For requests that come in pieces, shared by all connections. */
  readonly frameBuffers: FrameBuffers;
  onClose(connection: Connection): void;
}

/** Those that are in a log, or refused, when they have started: the next of their kind need not wait. */
const appending: readonly number[] = [apis.Produce.key, apis.OffsetCommit.key];

/** The place of one answer in the order of answers. */
interface Slot {
  /** One of `appending`; null: what comes after it waits for its answer. */
  readonly appends: number | null;
  readonly bytes: number;
  /**
   * Undefined: not there yet. Empty: none is sent. "close": the connection ends once all before it are sent.
   */
  answer: readonly Uint8Array[] | "close" | undefined;
}

class Cancellation implements CancelSignal {
  cancelled = false;
  readonly #listeners = new Set<() => void>();

  onCancel(run: () => void): () => void {
    if (this.cancelled) run();
    else this.#listeners.add(run);
    return () => void this.#listeners.delete(run);
  }

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    for (const run of [...this.#listeners]) run();
    this.#listeners.clear();
  }
}

export class Connection {
  readonly id: number;
  readonly socket: Socket;
  readonly #context: ConnectionContext;
  readonly #listenerName: string;
  readonly #splitter: FrameSplitter;
  readonly #signal = new Cancellation();
  /** Whole frames that are not started yet. */
  readonly #waiting: Uint8Array[] = [];
  /** Started, in order, until their answers are written. */
  readonly #slots: Slot[] = [];
  /** Of waiting and started requests. */
  #bytes = 0;
  #isPaused = false;
  /** The client does not read its answers as fast as they come. */
  #isBlocked = false;
  #willFlush = false;
  #isDraining = false;
  #isClosed = false;
  #lastActiveMs: number;

  constructor(options: { id: number; socket: Socket; listenerName: string; context: ConnectionContext }) {
    this.id = options.id;
    this.socket = options.socket;
    this.#listenerName = options.listenerName;
    this.#context = options.context;
    const { requestBytesMax: frameBytesMax, frameBuffers: pool } = options.context;
    this.#splitter = new FrameSplitter({ frameBytesMax, lend: true, pool });
    this.#lastActiveMs = options.context.clock.monotonicMs();
    this.socket.start({
      onData: (chunk) => this.#received(chunk),
      onDrain: () => this.#drained(),
      onClose: () => this.#closed(),
    });
  }

  get isIdle(): boolean {
    return this.#slots.length === 0 && this.#waiting.length === 0;
  }

  /** Since when nothing has happened, or null while a request is worked on. */
  get idleSinceMs(): number | null {
    return this.isIdle ? this.#lastActiveMs : null;
  }

  /** Reads nothing more, lets what is started be answered, then closes. */
  drain(): void {
    if (this.#isClosed || this.#isDraining) return;
    this.#isDraining = true;
    this.#signal.cancel();
    for (const frame of this.#waiting.splice(0)) this.#bytes -= frame.length;
    this.#applyPressure();
    this.#endIfDrained();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #received(chunk: Uint8Array): void {
    if (this.#isClosed || this.#isDraining) return;
    this.#context.metrics.receivedBytes.add(chunk.length);
    this.#lastActiveMs = this.#context.clock.monotonicMs();
    let frames: Uint8Array[];
    try {
      frames = this.#splitter.push(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#break({ api: "frame", reason: "malformed", text: error.message });
      return;
    }
    for (const frame of frames) this.#take(frame);
    this.#splitter.release();
    this.#startWhatCan();
    this.#applyPressure();
  }

  /**
   * A Produce that can start now is in the log, or refused, before this returns, and keeps nothing of its
   * frame; every other request gets a frame of its own.
   */
  #take(lent: Uint8Array): void {
    this.#bytes += lent.length;
    const isNext = this.#waiting.length === 0 && !this.#isClosed && this.#canStart(lent);
    if (isNext && apiKeyOf(lent) === apis.Produce.key) this.#start(lent);
    else this.#waiting.push(Buffer.from(lent));
    if (isNext) this.#startWhatCan();
  }

  #startWhatCan(): void {
    while (this.#waiting.length > 0 && !this.#isClosed && this.#canStart(this.#waiting[0]!)) {
      this.#start(this.#waiting.shift()!);
    }
  }

  #canStart(frame: Uint8Array): boolean {
    if (this.#isBlocked || this.#isDraining) return false;
    if (this.#slots.length >= limits.requestsInFlightPerConnectionMax) return false;
    if (this.#slots.length === 0) return true;
    const apiKey = apiKeyOf(frame);
    return appending.includes(apiKey) && this.#slots.every(({ appends }) => appends === apiKey);
  }

  #start(frame: Uint8Array): void {
    const opened = openRequest(frame);
    const apiKey = opened.kind === "request" ? opened.api.key : -1;
    const appends = appending.includes(apiKey) ? apiKey : null;
    const slot: Slot = { appends, bytes: frame.length, answer: undefined };
    this.#slots.push(slot);
    if (opened.kind === "bad") {
      this.#log("warn", opened, "closes a client connection: its request cannot be served");
      this.#context.metrics.connectionsBroken.add(1, { reason: opened.reason });
      this.#answer(slot, "close");
    } else if (opened.kind === "apiVersions") {
      this.#answer(slot, [encodeApiVersionsFallback(opened.correlationId)]);
    } else {
      void this.#serve(slot, opened);
    }
  }

  async #serve(slot: Slot, request: OpenedRequest): Promise<void> {
    const { clock, metrics, operations } = this.#context;
    const startedMs = clock.monotonicMs();
    const { name, head } = request;
    const context: RequestContext = {
      clientId: head.clientId ?? "",
      clientHost: `/${this.socket.remote.host}`,
      listenerName: this.#listenerName,
      connectionId: this.id,
      apiVersion: head.apiVersion,
      signal: this.#signal,
    };
    let response: unknown;
    try {
      response = await operations.get(name)!(request.body, context);
    } catch (error) {
      response = this.#failure(request, error);
    }
    metrics.requests.add(1, { request: name });
    metrics.requestMs.observe(clock.monotonicMs() - startedMs, { request: name });
    if (!this.#isClosed) this.#answer(slot, this.#encode(request, response));
  }

  /** The response that says so, or null. */
  #failure(request: OpenedRequest, error: unknown): unknown {
    if (error instanceof InvariantError) this.#context.host.halt(`${request.name}: ${error.message}`);
    const isExpected = error instanceof BrokerError;
    if (!isExpected) {
      const fields = {
        api: request.name,
        error: error instanceof Error ? (error.stack ?? error.message) : error,
      };
      this.#log("error", fields, "a request failed in a way that nobody expected");
    }
    const name = isExpected ? error.errorName : "UNKNOWN_SERVER_ERROR";
    this.#context.metrics.requestErrors.add(1, { request: request.name, error: name });
    const failure = isExpected
      ? { code: error.code, message: error.message }
      : { code: ErrorCode.UNKNOWN_SERVER_ERROR, message: "the broker failed; its log says why" };
    return errorResponse(request.name, request.body, failure);
  }

  #encode(request: OpenedRequest, response: unknown): readonly Uint8Array[] | "close" {
    const { api, head, name } = request;
    // Nobody waits for the answer to acks=0; a closed connection is the only way to say that something is
    // wrong.
    if (!request.wantsAnswer) return hasError(response as ProduceResponse | null) ? "close" : [];
    if (response === null) return "close";
    try {
      const { apiVersion: version, correlationId } = head;
      return encodeResponseParts({ api, version, correlationId, body: response as object });
    } catch (error) {
      const fields = { api: name, version: head.apiVersion, error: String(error) };
      this.#log("error", fields, "closes a client connection: an answer could not be encoded");
      return "close";
    }
  }

  #answer(slot: Slot, answer: readonly Uint8Array[] | "close"): void {
    slot.answer = answer;
    if (this.#willFlush || this.#slots[0]?.answer === undefined) return;
    this.#willFlush = true;
    this.#context.clock.endOfTurn(() => this.#flush());
  }

  #flush(): void {
    this.#willFlush = false;
    if (this.#isClosed) return;
    const chunks: Uint8Array[] = [];
    let ends = false;
    while (!ends && this.#slots[0]?.answer !== undefined) {
      const { answer, bytes } = this.#slots.shift()!;
      this.#bytes -= bytes;
      if (answer === "close") ends = true;
      else chunks.push(...answer!);
    }
    this.#lastActiveMs = this.#context.clock.monotonicMs();
    if (chunks.length > 0) this.#write(chunks);
    if (ends) {
      this.#end();
      return;
    }
    this.#startWhatCan();
    this.#applyPressure();
    this.#endIfDrained();
  }

  #write(chunks: readonly Uint8Array[]): void {
    let bytes = 0;
    for (const chunk of chunks) bytes += chunk.length;
    this.#context.metrics.sentBytes.add(bytes);
    if (!this.socket.write(chunks)) this.#isBlocked = true;
  }

  #drained(): void {
    this.#isBlocked = false;
    this.#startWhatCan();
    this.#applyPressure();
  }

  #applyPressure(): void {
    const isFull =
      this.#isDraining ||
      this.#isBlocked ||
      this.#slots.length + this.#waiting.length >= limits.requestsInFlightPerConnectionMax ||
      this.#bytes >= limits.requestBytesInFlightPerConnectionMax;
    if (this.#isClosed || isFull === this.#isPaused) return;
    this.#isPaused = isFull;
    if (isFull) this.socket.pause();
    else this.socket.resume();
  }

  #endIfDrained(): void {
    if (this.#isDraining && this.#slots.length === 0) this.#end();
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isDraining = true;
    this.#waiting.length = 0;
    this.#slots.length = 0;
    this.#signal.cancel();
    this.socket.end();
    // A client that neither reads nor closes must not keep its connection.
    this.#context.clock.after(endGraceMs, () => {
      if (!this.#isClosed) this.socket.destroy();
    });
  }

  #break(why: { api: string; reason: string; text: string }): void {
    this.#log("warn", why, "closes a client connection: what came is no request");
    this.#context.metrics.connectionsBroken.add(1, { reason: why.reason });
    this.#waiting.length = 0;
    const slot: Slot = { appends: null, bytes: 0, answer: undefined };
    this.#slots.push(slot);
    this.#isDraining = true;
    this.#applyPressure();
    this.#answer(slot, "close");
  }

  #closed(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
    this.#slots.length = 0;
    this.#signal.cancel();
    this.#context.onClose(this);
  }

  #log(level: "warn" | "error", fields: object, message: string): void {
    const { host, port } = this.socket.remote;
    const where = { connection: this.id, listener: this.#listenerName, peer: `${host}:${port}` };
    this.#context.log[level]({ ...where, ...fields }, message);
  }
}

function hasError(response: ProduceResponse | null): boolean {
  if (response === null) return true;
  return response.responses.some(({ partitionResponses }) =>
    partitionResponses.some(({ errorCode }) => errorCode !== ErrorCode.NONE),
  );
}
