// adapter: how a leader passes frames on to its followers and hears what they have written: over plain TCP,
// or over a bidirectional stream of grpc-js as the product uses it (opened by the follower with an 8 MB
// window, bytes as they are). Both count frames, never bytes.
//
// Over gRPC two messages at most are on their way to a follower, and what comes meanwhile goes together with
// the next: a message costs so much more than its bytes that sending each at once gives half the rate.
import { Client, credentials, Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import type { Socket } from "../../base/ports/network.ts";
import { realNetwork } from "../../base/real/network.ts";
import { FrameBuffers, FrameSplitter } from "../../proto/kafka/frame-splitter.ts";
import { lengthBytes, packFrames, unpackFrames } from "./bare-frames.ts";

const host = "127.0.0.1";
const frameBytesMax = 2 ** 24;
const windowBytes = 8 * 2 ** 20;
const path = "/ottla.bench.Bare/Pull";
const messagesUnderWayMax = 2;
const asIs = { serialize: (bytes: Buffer): Buffer => bytes, deserialize: (bytes: Buffer): Buffer => bytes };

/** At the leader: one follower. */
export interface Follower {
  send(packed: readonly Buffer[]): void;
}

export interface LeaderEvents {
  onFollower(follower: Follower): void;
  /** So many frames in all are written there. */
  onWritten(follower: Follower, frames: number): void;
}

type OnFrame = (frame: Uint8Array) => void;

export interface BareLinks {
  /** Answers the port. */
  listen(events: LeaderEvents): Promise<number>;
  /** Follows the leader at this port. */
  follow(port: number, onFrame: OnFrame): Promise<void>;
}

/** Frames of one connection as they come in, lent for the call. */
export function splitting(onFrame: OnFrame, pool: FrameBuffers): (chunk: Uint8Array) => void {
  const splitter = new FrameSplitter({ frameBytesMax, lend: true, pool });
  return (chunk) => {
    for (const frame of splitter.push(chunk)) onFrame(frame);
    splitter.release();
  };
}

export const framePool = (): FrameBuffers => new FrameBuffers({ bytes: 2 ** 18, keptMax: 64 });

export const tcpLinks: BareLinks = {
  async listen({ onFollower, onWritten }) {
    const onConnection = (socket: Socket): void => {
      const follower: Follower = { send: (packed) => void socket.write(packed) };
      let written = 0;
      const onFrame: OnFrame = (frame) => onWritten(follower, (written += countIn(frame)));
      socket.start({ onData: splitting(onFrame, framePool()), onDrain() {}, onClose() {} });
      onFollower(follower);
    };
    return (await realNetwork().listen({ host, port: 0, onConnection })).address.port;
  },
  async follow(port, onFrame) {
    const socket = await realNetwork().connect({ host, port, timeoutMs: 10_000 });
    let seen = 0;
    const split = splitting((frame) => {
      onFrame(frame);
      seen++;
    }, framePool());
    const onData = (chunk: Uint8Array): void => {
      split(chunk);
      if (seen > 0) socket.write([packFrames([countFrame(seen)])]);
      seen = 0;
    };
    socket.start({ onData, onDrain() {}, onClose() {} });
  },
};

export const grpcLinks: BareLinks = {
  listen({ onFollower, onWritten }) {
    const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
    const definition = { path, requestStream: true, responseStream: true, originalName: "pull" } as const;
    const method = {
      ...definition,
      requestSerialize: asIs.serialize,
      requestDeserialize: asIs.deserialize,
      responseSerialize: asIs.serialize,
      responseDeserialize: asIs.deserialize,
    };
    const pull = (call: ServerDuplexStream<Buffer, Buffer>): void => {
      let queued: Buffer[] = [];
      let underWay = 0;
      const sendQueued = (): void => {
        if (queued.length === 0 || underWay === messagesUnderWayMax) return;
        underWay++;
        call.write(queued.length === 1 ? queued[0]! : Buffer.concat(queued));
        queued = [];
      };
      const follower: Follower = {
        send(packed) {
          queued.push(...packed);
          sendQueued();
        },
      };
      let written = 0;
      call.on("data", (frame: Buffer) => {
        underWay--;
        onWritten(follower, (written += countIn(frame)));
        sendQueued();
      });
      call.on("error", () => {});
      onFollower(follower);
    };
    server.addService({ pull: method }, { pull });
    return new Promise((resolve, reject) => {
      server.bindAsync(`${host}:0`, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
  },
  async follow(port, onFrame) {
    const client = new Client(`${host}:${port}`, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      "grpc-node.flow_control_window": windowBytes,
      "grpc.enable_retries": 0,
    });
    const call = client.makeBidiStreamRequest(path, asIs.serialize, asIs.deserialize);
    call.on("error", () => {});
    call.on("data", (packed: Buffer) => {
      let seen = 0;
      for (const frame of unpackFrames(packed)) {
        onFrame(frame);
        seen++;
      }
      call.write(countFrame(seen));
    });
  },
};

function countFrame(frames: number): Buffer {
  const bytes = Buffer.allocUnsafe(lengthBytes);
  bytes.writeInt32BE(frames, 0);
  return bytes;
}

function countIn(frame: Uint8Array): number {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.length).readInt32BE(0);
}
