// adapter: a connection to a broker for question after question, each answered in its order. It tries nothing
// again and waits for nobody: whoever asks decides what a refusal means, so that no pause of a client counts
// as the system's.
import { connect, type Socket } from "node:net";
import type { ApiDefinition } from "../../proto/kafka/apis.ts";
import { FrameSplitter } from "../../proto/kafka/frame-splitter.ts";
import { decodeResponse, encodeRequest } from "../../proto/kafka/frames.ts";
import type { Input } from "../../proto/kafka/schema.ts";

const frameBytesMax = 100 * 2 ** 20;

interface Asked {
  resolve: (frame: Uint8Array) => void;
  reject: (error: Error) => void;
}

export class Wire {
  readonly address: string;
  readonly #socket: Socket;
  readonly #splitter = new FrameSplitter({ frameBytesMax, lend: false });
  readonly #waiting: Asked[] = [];
  #over: Error | null = null;

  private constructor(address: string, socket: Socket) {
    this.address = address;
    this.#socket = socket;
    socket.on("data", (chunk) => {
      for (const frame of this.#splitter.push(chunk)) this.#waiting.shift()?.resolve(frame);
    });
    socket.on("error", (error) => this.#end(error.message));
    socket.on("close", () => this.#end("the connection was closed"));
  }

  /** Rejects as soon as nobody listens, and when the connection is not there in time. */
  static open(address: string, withinMs = 10_000): Promise<Wire> {
    const colon = address.lastIndexOf(":");
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: address.slice(0, colon),
        port: Number(address.slice(colon + 1)),
        noDelay: true,
      });
      const timer = setTimeout(() => socket.destroy(new Error(`no connection in ${withinMs} ms`)), withinMs);
      socket.once("error", (error) => {
        clearTimeout(timer);
        reject(new Error(`${address}: ${error.message}`));
      });
      socket.once("connect", () => {
        clearTimeout(timer);
        resolve(new Wire(address, socket));
      });
    });
  }

  get isOver(): boolean {
    return this.#over !== null;
  }

  async ask<Req, Res>(api: ApiDefinition<Req, Res>, version: number, body: Input<Req>): Promise<Res> {
    const frame = encodeRequest({ api, version, correlationId: 1, clientId: "ottla-bench", body });
    return decodeResponse(api, version, await this.exchange(frame)).body;
  }

  /** A ready-made request; the answer comes without its length bytes. Rejects when the connection ends. */
  exchange(frame: Uint8Array): Promise<Uint8Array> {
    if (this.#over !== null) return Promise.reject(this.#over);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(frame);
    });
  }

  close(): void {
    this.#socket.destroy();
    this.#end("closed here");
  }

  #end(reason: string): void {
    this.#over ??= new Error(`${this.address}: ${reason}`);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#over);
  }
}
