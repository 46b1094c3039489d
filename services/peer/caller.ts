// adapter: the other end of the peer door: one PeerCaller a peer, on two connections: control and consensus
// on one, the pull stream with its large window on the other, so that no amount of data delays a heartbeat.
//
// A call fails at once while a peer cannot be reached; whoever calls tries again in its own time.
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { limits } from "../../base/limits.ts";
import { type MessageCodec, peerCodecs } from "../../proto/peer/codec.ts";
import type { PeerAddress, PeerCaller, PeerStream, Peers } from "../../proto/peer/peer-api.ts";
import { type AnyMethod, methodOf, peerDefinitions } from "./definitions.ts";
import { clientStream } from "./stream.ts";

const pullWindowBytes = 8 * 1024 * 1024;
const keepaliveMs = 2000;
const reconnectMinMs = 50;
const reconnectMaxMs = 1000;

const channelOptions = {
  // Nobody asks for channelz, and its counters cost something with every message.
  "grpc.enable_channelz": 0,
  // Channels with the same options would share one connection.
  "grpc.use_local_subchannel_pool": 1,
  "grpc.max_receive_message_length": limits.peerMessageBytesMax,
  "grpc.max_send_message_length": limits.peerMessageBytesMax,
  "grpc.keepalive_time_ms": keepaliveMs,
  "grpc.keepalive_timeout_ms": keepaliveMs,
  "grpc.initial_reconnect_backoff_ms": reconnectMinMs,
  "grpc.min_reconnect_backoff_ms": reconnectMinMs,
  "grpc.max_reconnect_backoff_ms": reconnectMaxMs,
  "grpc.dns_min_time_between_resolutions_ms": reconnectMaxMs,
  // Retries would keep a copy of all that was sent; what may be retried is decided elsewhere.
  "grpc.enable_retries": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
};

export const grpcPeers: Peers = { connect: (address) => new GrpcCaller(address) };

class GrpcCaller implements PeerCaller {
  private readonly control: Client;
  private readonly pull: Client;
  private readonly target: string;
  private readonly definitions = peerDefinitions();
  /** How to end what is under way. */
  private readonly active = new Set<() => void>();

  constructor({ host, port }: PeerAddress) {
    this.target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    const insecure = credentials.createInsecure();
    this.control = new Client(this.target, insecure, channelOptions);
    this.pull = new Client(this.target, insecure, {
      ...channelOptions,
      "grpc-node.flow_control_window": pullWindowBytes,
    });
  }

  forward: PeerCaller["forward"] = (request, options) => this.unary("Forward", request, options);

  registerBroker: PeerCaller["registerBroker"] = (request, options) =>
    this.unary("RegisterBroker", request, options);

  alterPartition: PeerCaller["alterPartition"] = (request, options) =>
    this.unary("AlterPartition", request, options);

  allocateProducerIds: PeerCaller["allocateProducerIds"] = (request, options) =>
    this.unary("AllocateProducerIds", request, options);

  openSession: PeerCaller["openSession"] = () => {
    const method = methodOf(this.definitions.control, "Session");
    return this.stream(this.control, method, { out: peerCodecs.SessionBeat, in: peerCodecs.SessionAnswer });
  };

  openRaft: PeerCaller["openRaft"] = () => {
    const method = methodOf(this.definitions.consensus, "Raft");
    return this.stream(this.control, method, { out: peerCodecs.RaftMessage, in: peerCodecs.RaftMessage });
  };

  openPull: PeerCaller["openPull"] = () => {
    const method = methodOf(this.definitions.replication, "Pull");
    return this.stream(this.pull, method, { out: peerCodecs.PullPositions, in: peerCodecs.PullData });
  };

  close(): void {
    for (const end of [...this.active]) end();
    this.control.close();
    this.pull.close();
  }

  private unary<Req, Res>(name: string, request: Req, options: { timeoutMs: number }): Promise<Res> {
    const method = methodOf(this.definitions.control, name);
    const deadline = Date.now() + options.timeoutMs;
    const { path, requestSerialize, responseDeserialize } = method;
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, response?: unknown): void => {
        this.active.delete(cancel);
        const text = `${name} to ${this.target}: ${error?.details || error?.message}`;
        if (error === null) resolve(response as Res);
        else reject(new Error(text, { cause: error }));
      };
      const call = this.control.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        { deadline },
        done,
      );
      const cancel = (): void => call.cancel();
      this.active.add(cancel);
    });
  }

  private stream<Out, In>(
    client: Client,
    method: AnyMethod,
    codecs: { out: MessageCodec<Out>; in: MessageCodec<In> },
  ): PeerStream<Out, In> {
    const call = client.makeBidiStreamRequest<Uint8Array, Uint8Array>(
      method.path,
      method.requestSerialize as (bytes: Uint8Array) => Buffer,
      method.responseDeserialize as (bytes: Buffer) => Uint8Array,
    );
    const stream = clientStream<Out, In>(call, codecs);
    const breakOff = (): void => stream.breakOff(`the connection to ${this.target} was closed here`);
    this.active.add(breakOff);
    stream.onOver = () => void this.active.delete(breakOff);
    return stream;
  }
}
