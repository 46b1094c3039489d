// adapter: the services of peer.proto and of health.proto as grpc-js wants them: paths, and what streams. A
// test holds them to what proto-loader reads in the two files; to read those at each start would cost a
// broker more than to load its own code. Messages go through our own codec, the same one a simulation uses.
// Stream messages are bytes here: the stream adapter encodes them itself, since it has to know their size.
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { assert } from "../../base/assert.ts";
import { type MessageCodec, peerCodecs } from "../../proto/peer/codec.ts";
import type { EnumTable, MessageTable } from "../../proto/peer/table.ts";
import { decodeWithTable, encodeWithTable } from "../../proto/peer/table-codec.ts";

export type AnyMethod = MethodDefinition<unknown, unknown>;

type Codec = MessageCodec<unknown>;

/** Of one direction of a method. */
interface Side {
  readonly codec: Codec;
  readonly isStream: boolean;
}

interface Method {
  readonly request: Side;
  readonly response: Side;
}

const asBytes: Codec = { encode: (bytes) => bytes as Buffer, decode: (bytes) => bytes };
const bytesStream: Side = { codec: asBytes, isStream: true };
const bothStream: Method = { request: bytesStream, response: bytesStream };

function one<T>(codec: MessageCodec<T>): Side {
  return { codec: codec as Codec, isStream: false };
}

function many<T>(codec: MessageCodec<T>): Side {
  return { codec: codec as Codec, isStream: true };
}

function unary<Req, Res>(request: MessageCodec<Req>, response: MessageCodec<Res>): Method {
  return { request: one(request), response: one(response) };
}

function service(name: string, methods: Readonly<Record<string, Method>>): ServiceDefinition {
  const definitions = Object.entries(methods).map(([method, { request, response }]) => {
    const definition: AnyMethod & { originalName: string } = {
      path: `/${name}/${method}`,
      originalName: `${method[0]!.toLowerCase()}${method.slice(1)}`,
      requestStream: request.isStream,
      responseStream: response.isStream,
      requestSerialize: request.codec.encode as (message: unknown) => Buffer,
      requestDeserialize: request.codec.decode,
      responseSerialize: response.codec.encode as (message: unknown) => Buffer,
      responseDeserialize: response.codec.decode,
    };
    return [method, definition] as const;
  });
  return Object.fromEntries(definitions);
}

function fromTable(table: MessageTable): Codec {
  return {
    encode: (message) => encodeWithTable(table, message),
    decode: (bytes) => decodeWithTable(table, bytes),
  };
}

const servingStatus: EnumTable = { values: ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] };
const healthRequest = fromTable({
  name: "HealthCheckRequest",
  fields: [{ id: 1, name: "service", type: "string" }],
});
const healthResponse = fromTable({
  name: "HealthCheckResponse",
  fields: [{ id: 1, name: "status", type: servingStatus }],
});

export const peerServices = {
  control: service("ottla.peer.v1.Control", {
    Forward: unary(peerCodecs.ForwardRequest, peerCodecs.ForwardResponse),
    RegisterBroker: unary(peerCodecs.RegisterBrokerRequest, peerCodecs.RegisterBrokerResponse),
    AlterPartition: unary(peerCodecs.AlterPartitionRequest, peerCodecs.AlterPartitionResponse),
    AllocateProducerIds: unary(peerCodecs.AllocateProducerIdsRequest, peerCodecs.AllocateProducerIdsResponse),
    Session: bothStream,
  }),
  consensus: service("ottla.peer.v1.Consensus", { Raft: bothStream }),
  replication: service("ottla.peer.v1.Replication", { Pull: bothStream }),
  health: service("grpc.health.v1.Health", {
    Check: unary(healthRequest, healthResponse),
    Watch: { request: one(healthRequest), response: many(healthResponse) },
  }),
} as const;

export function methodOf(definition: ServiceDefinition, name: string): AnyMethod {
  const method = definition[name];
  assert(method !== undefined, `the service should have a method ${name}`);
  return method as AnyMethod;
}
