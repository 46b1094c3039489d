// adapter: one bidirectional gRPC stream as a PeerStream, for both ends. What is queued is counted: grpc-js
// buffers without end when the other side does not read, so over the bound the stream is given up.
import { type ClientDuplexStream, Metadata, type ServerDuplexStream, status } from "@grpc/grpc-js";
import { assert } from "../../base/assert.ts";
import { limits } from "../../base/limits.ts";
import type { MessageCodec } from "../../proto/peer/codec.ts";
import type { PeerStream, PeerStreamEvents } from "../../proto/peer/peer-api.ts";

type AnyCall = ClientDuplexStream<Uint8Array, Uint8Array> | ServerDuplexStream<Uint8Array, Uint8Array>;

/** What differs between the two ends. */
interface StreamEnd {
  /** Ends it as fast as gRPC can. */
  cancel(reason: string): void;
}

/** Between the end of our half and a cancel, if the other side does not end its half, ms. */
const closeGraceMs = 1000;

/** A stream that this side opened. */
export function clientStream<Out, In>(
  call: ClientDuplexStream<Uint8Array, Uint8Array>,
  codecs: { out: MessageCodec<Out>; in: MessageCodec<In> },
): GrpcStream<Out, In> {
  const stream = new GrpcStream(call, { cancel: () => call.cancel() }, codecs);
  // A good status says nothing: what was sent before it may not be read yet, and "end" comes after that.
  call.on("error", (error) => stream.over(error));
  return stream;
}

/** A stream that came in. */
export function serverStream<Out, In>(
  call: ServerDuplexStream<Uint8Array, Uint8Array>,
  codecs: { out: MessageCodec<Out>; in: MessageCodec<In> },
): GrpcStream<Out, In> {
  const cancel = (reason: string): void => void call.emit("error", { code: status.ABORTED, details: reason });
  const stream = new GrpcStream(call, { cancel }, codecs);
  // Until the other end hears of its call, grpc-js keeps all that it sends there for another attempt, retries
  // or not; on a stream on which nothing else ever comes back that would be for good.
  call.sendMetadata(new Metadata());
  call.on("cancelled", () => stream.over(new Error("the connection or the stream was broken off")));
  call.on("error", (error) => stream.over(error));
  return stream;
}

export class GrpcStream<Out, In> implements PeerStream<Out, In> {
  onOver: () => void = () => {};
  private readonly call: AnyCall;
  private readonly end: StreamEnd;
  private readonly codecs: { out: MessageCodec<Out>; in: MessageCodec<In> };
  private events: PeerStreamEvents<In> | null = null;
  private queuedBytes = 0;
  private isOver = false;
  private isClosing = false;

  constructor(call: AnyCall, end: StreamEnd, codecs: { out: MessageCodec<Out>; in: MessageCodec<In> }) {
    this.call = call;
    this.end = end;
    this.codecs = codecs;
    call.on("end", () => this.otherEnded());
  }

  start(events: PeerStreamEvents<In>): void {
    assert(this.events === null, "a stream should be started once");
    this.events = events;
    this.call.on("data", (bytes: Uint8Array) => this.received(bytes));
  }

  send(message: Out): void {
    if (this.isOver || this.isClosing) return;
    const bytes = this.codecs.out.encode(message);
    this.queuedBytes += bytes.length;
    if (this.queuedBytes > limits.peerStreamQueuedBytesMax) {
      const text = `${this.queuedBytes} bytes are queued on a stream to a peer that does not take them`;
      this.fail(new Error(text));
      return;
    }
    (this.call as ClientDuplexStream<Uint8Array, Uint8Array>).write(bytes, () => {
      this.queuedBytes -= bytes.length;
    });
  }

  /** Sends what is queued, then ends; the other side hears of it after that. */
  close(): void {
    if (this.isOver || this.isClosing) return;
    this.isClosing = true;
    this.call.end();
    const timer = setTimeout(() => this.end.cancel("closed"), closeGraceMs);
    timer.unref();
    this.call.once("close", () => clearTimeout(timer));
    setImmediate(() => this.over(null));
  }

  /** At once; what is queued may be lost. */
  breakOff(reason: string): void {
    this.fail(new Error(reason));
  }

  private received(bytes: Uint8Array): void {
    if (this.isOver || this.isClosing) return;
    let message: In;
    try {
      message = this.codecs.in.decode(bytes);
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    this.events!.onMessage(message);
  }

  private otherEnded(): void {
    this.call.end();
    this.over(null);
  }

  private fail(error: Error): void {
    this.over(error);
    this.end.cancel(error.message);
  }

  over(error: Error | null): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onOver();
    this.events?.onClose(this.isClosing ? null : error);
  }
}
