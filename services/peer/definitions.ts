// adapter: the services of peer.proto as grpc-js wants them. proto-loader reads the .proto: paths, and what
// streams; the messages go through our own codec, the same one a simulation uses. Stream messages are bytes
// here: the stream adapter encodes them itself, since it has to know their size.
import { fileURLToPath } from "node:url";
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { type AnyDefinition, loadSync } from "@grpc/proto-loader";
import { assert } from "../../base/assert.ts";
import { type MessageCodec, peerCodecs } from "../../proto/peer/codec.ts";

export type AnyMethod = MethodDefinition<unknown, unknown>;
export type Services = Readonly<Record<string, ServiceDefinition>>;

function load(file: string): Record<string, AnyDefinition> {
  const path = fileURLToPath(new URL(`../../proto/peer/${file}`, import.meta.url));
  return loadSync(path, { keepCase: false, longs: Number, enums: String, defaults: true });
}

function serviceOf(definitions: Record<string, AnyDefinition>, name: string): ServiceDefinition {
  const found = definitions[name];
  assert(found !== undefined && !("format" in found), `${name} should be a service of its .proto`);
  return found as ServiceDefinition;
}

type Codec = MessageCodec<unknown>;
const asBytes: Codec = { encode: (bytes) => bytes as Buffer, decode: (bytes) => bytes };

function codecFor(method: AnyMethod, side: "requestType" | "responseType"): Codec {
  if (method.requestStream) return asBytes;
  const type = (method as unknown as Record<typeof side, { type: { name: string } }>)[side];
  const codec = (peerCodecs as unknown as Record<string, Codec>)[type.type.name];
  assert(codec !== undefined, `${type.type.name} should have a codec`);
  return codec;
}

function withOurCodec(service: ServiceDefinition): ServiceDefinition {
  const methods = Object.entries(service).map(([name, method]) => {
    const request = codecFor(method as AnyMethod, "requestType");
    const response = codecFor(method as AnyMethod, "responseType");
    const changed = {
      ...method,
      requestSerialize: request.encode,
      requestDeserialize: request.decode,
      responseSerialize: response.encode,
      responseDeserialize: response.decode,
    };
    return [name, changed] as const;
  });
  return Object.fromEntries(methods) as ServiceDefinition;
}

export interface PeerDefinitions {
  readonly control: ServiceDefinition;
  readonly consensus: ServiceDefinition;
  readonly replication: ServiceDefinition;
  readonly health: ServiceDefinition;
}

let loaded: PeerDefinitions | null = null;

/** Read once a process, at the first use. */
export function peerDefinitions(): PeerDefinitions {
  if (loaded !== null) return loaded;
  const peer = load("peer.proto");
  loaded = {
    control: withOurCodec(serviceOf(peer, "ottla.peer.v1.Control")),
    consensus: withOurCodec(serviceOf(peer, "ottla.peer.v1.Consensus")),
    replication: withOurCodec(serviceOf(peer, "ottla.peer.v1.Replication")),
    health: serviceOf(load("health.proto"), "grpc.health.v1.Health"),
  };
  return loaded;
}

export function methodOf(service: ServiceDefinition, name: string): AnyMethod {
  const method = service[name];
  assert(method !== undefined, `the service should have a method ${name}`);
  return method as AnyMethod;
}
