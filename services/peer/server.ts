// adapter: the peer door: PeerApi offered over gRPC, with the standard health service. Knows no operation.
import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  setLogVerbosity,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { InvariantError } from "../../base/assert.ts";
import { limits } from "../../base/limits.ts";
import type { Host } from "../../base/ports/env.ts";
import type { Log } from "../../base/ports/log.ts";
import type { Address } from "../../base/ports/network.ts";
import { peerCodecs } from "../../proto/peer/codec.ts";
import type { PeerApi } from "../../proto/peer/peer-api.ts";
import { peerDefinitions } from "./definitions.ts";
import { Health } from "./health.ts";
import { serverStream } from "./stream.ts";

export interface PeerServerOptions {
  readonly api: PeerApi;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: Log;
  readonly process: Host;
  /** For the health service. */
  readonly isServing: () => boolean;
}

export interface PeerServer {
  /** Where it listens; the real port when 0 was asked for. */
  readonly address: Address;
  /** What `isServing` says may have changed. */
  healthChanged(): void;
  /** Stops listening and breaks every stream and call. */
  close(): Promise<void>;
}

type BytesCall = ServerDuplexStream<Uint8Array, Uint8Array>;

const keepaliveMs = 5000;
const codecs = peerCodecs;

/** Rejects with an Error whose `code` is EADDRINUSE (or other) when it cannot listen. */
export async function startPeerServer(options: PeerServerOptions): Promise<PeerServer> {
  // What goes wrong is reported through promises and streams; grpc-js would write to stderr besides.
  setLogVerbosity(logVerbosity.NONE);
  // channelz stays on here: without it grpc-js ends the streams of a server that is shut down late.
  const server = new Server({
    "grpc.max_receive_message_length": limits.peerMessageBytesMax,
    "grpc.max_send_message_length": limits.peerMessageBytesMax,
    "grpc.keepalive_time_ms": keepaliveMs,
    "grpc.keepalive_timeout_ms": keepaliveMs,
  });
  const { api } = options;
  const { control, consensus, replication, health: healthDefinition } = peerDefinitions();
  const services = ["ottla.peer.v1.Control", "ottla.peer.v1.Consensus", "ottla.peer.v1.Replication"];
  const health = new Health({ isServing: options.isServing, services });
  server.addService(control, {
    ...unaryMethods(options),
    session: (call: BytesCall) =>
      api.session(serverStream(call, { out: codecs.SessionAnswer, in: codecs.SessionBeat })),
  });
  server.addService(consensus, {
    raft: (call: BytesCall) =>
      api.raft(serverStream(call, { out: codecs.RaftMessage, in: codecs.RaftMessage })),
  });
  server.addService(replication, {
    pull: (call: BytesCall) =>
      api.pull(serverStream(call, { out: codecs.PullData, in: codecs.PullPositions })),
  });
  server.addService(healthDefinition, health.implementation);
  const port = await bind(server, options);
  return {
    address: { host: options.host, port },
    healthChanged: () => health.changed(),
    close: async () => server.forceShutdown(),
  };
}

function bind(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(at, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) return resolve(bound);
      const code = /\b(E[A-Z]{4,})\b/.exec(error.message)?.[1] ?? "EOTHER";
      const about = { code, address: host, port };
      reject(Object.assign(new Error(`listen for peers on ${at}: ${error.message}`), about));
    });
  });
}

function unaryMethods({ api, log, process }: PeerServerOptions): UntypedServiceImplementation {
  const unary =
    <Req, Res>(name: string, run: (request: Req) => Promise<Res>) =>
    (call: ServerUnaryCall<Req, Res>, answer: sendUnaryData<Res>): void => {
      const failed = (error: unknown): void => {
        if (error instanceof InvariantError) process.halt(`${name}: ${error.message}`);
        log.warn({ method: name, error: String(error) }, "a call of a peer failed");
        answer({ code: status.INTERNAL, details: String(error) });
      };
      try {
        run(call.request).then((response) => answer(null, response), failed);
      } catch (error) {
        failed(error);
      }
    };
  return {
    forward: unary("forward", (request: Parameters<PeerApi["forward"]>[0]) => api.forward(request)),
    registerBroker: unary("registerBroker", (request: Parameters<PeerApi["registerBroker"]>[0]) =>
      api.registerBroker(request),
    ),
    alterPartition: unary("alterPartition", (request: Parameters<PeerApi["alterPartition"]>[0]) =>
      api.alterPartition(request),
    ),
    allocateProducerIds: unary(
      "allocateProducerIds",
      (request: Parameters<PeerApi["allocateProducerIds"]>[0]) => api.allocateProducerIds(request),
    ),
  };
}
