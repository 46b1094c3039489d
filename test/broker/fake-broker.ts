// test: a broker whose operations wait until the test answers them, and a client of bare frames.
import { limits } from "../../base/limits.ts";
import type { Socket } from "../../base/ports/network.ts";
import { type Deferred, deferred } from "../../base/waits.ts";
import type { BrokerApi, RequestContext } from "../../proto/broker-api.ts";
import { FrameSplitter } from "../../proto/kafka/frame-splitter.ts";
import { correlationIdOf } from "../../proto/kafka/frames.ts";

export interface Call {
  name: string;
  request: unknown;
  context: RequestContext;
  answer: Deferred<unknown>;
}

/** Every operation waits until the test answers it. */
export class FakeBroker {
  readonly calls: Call[] = [];
  readonly api: BrokerApi;
  /** Answered at once. */
  immediate: (name: string, request: unknown) => unknown = () => undefined;

  constructor() {
    this.api = new Proxy({} as BrokerApi, {
      get: (_, name: string) => (request: unknown, context: RequestContext) => {
        const now = this.immediate(name, request);
        if (now !== undefined) return Promise.resolve(now);
        const answer = deferred<unknown>();
        this.calls.push({ name, request, context, answer });
        return answer.promise;
      },
    });
  }
}

export class FrameClient {
  readonly frames: Uint8Array[] = [];
  readonly socket: Socket;
  isClosed = false;
  #splitter = new FrameSplitter({ frameBytesMax: limits.frameBytesMax, lend: false });

  constructor(socket: Socket) {
    this.socket = socket;
    socket.start({
      onData: (chunk) => void this.frames.push(...this.#splitter.push(chunk)),
      onDrain: () => {},
      onClose: () => {
        this.isClosed = true;
      },
    });
  }

  get correlationIds(): number[] {
    return this.frames.map(correlationIdOf);
  }

  send(...chunks: Uint8Array[]): void {
    this.socket.write(chunks);
  }
}
