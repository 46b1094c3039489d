// test: the services as grpc-js gets them are those of the .proto files, as proto-loader reads them.
import { fileURLToPath } from "node:url";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { expect, it } from "vitest";
import { methodOf, peerServices } from "./definitions.ts";

function load(file: string) {
  const path = fileURLToPath(new URL(`../../proto/peer/${file}`, import.meta.url));
  return loadSync(path, { keepCase: false, longs: Number, enums: String, defaults: true });
}

const shapeOf = (service: ServiceDefinition) =>
  Object.entries(service).map(([name, { path, requestStream, responseStream, ...rest }]) => {
    const { originalName } = rest as { originalName?: string };
    return { name, path, requestStream, responseStream, originalName };
  });

it("the services are those of the .proto files", () => {
  const peer = load("peer.proto");
  const { control, consensus, replication, health } = peerServices;
  const { health: _, ...own } = peerServices;
  const services = Object.entries(peer).filter(([, definition]) => !("format" in definition));
  expect(services).toHaveLength(Object.keys(own).length);
  const expected = { ...peer, ...load("health.proto") } as unknown as Record<string, ServiceDefinition>;
  expect(shapeOf(control)).toEqual(shapeOf(expected["ottla.peer.v1.Control"]!));
  expect(shapeOf(consensus)).toEqual(shapeOf(expected["ottla.peer.v1.Consensus"]!));
  expect(shapeOf(replication)).toEqual(shapeOf(expected["ottla.peer.v1.Replication"]!));
  expect(shapeOf(health)).toEqual(shapeOf(expected["grpc.health.v1.Health"]!));
});

it("unary messages are the ones that the .proto names", () => {
  const proto = load("peer.proto")["ottla.peer.v1.Control"] as unknown as ServiceDefinition;
  for (const name of ["Forward", "RegisterBroker", "AlterPartition", "AllocateProducerIds"]) {
    const [theirs, ours] = [methodOf(proto, name), methodOf(peerServices.control, name)];
    // What either side writes of the other's defaults is the same.
    const request = theirs.requestDeserialize(Buffer.alloc(0));
    const response = theirs.responseDeserialize(Buffer.alloc(0));
    expect(Object.keys(ours.requestDeserialize(Buffer.alloc(0)) as object)).toEqual(
      expect.arrayContaining(Object.keys(request as object)),
    );
    expect(Object.keys(ours.responseDeserialize(Buffer.alloc(0)) as object)).toEqual(
      expect.arrayContaining(Object.keys(response as object)),
    );
  }
});

it("health checks are read and written as the .proto says", () => {
  const theirs = load("health.proto")["grpc.health.v1.Health"] as unknown as ServiceDefinition;
  for (const name of ["Check", "Watch"]) {
    const [proto, ours] = [methodOf(theirs, name), methodOf(peerServices.health, name)];
    for (const service of ["", "ottla.peer.v1.Control"]) {
      expect(proto.requestDeserialize(ours.requestSerialize({ service }))).toEqual({ service });
      expect(ours.requestDeserialize(proto.requestSerialize({ service }))).toEqual({ service });
    }
    for (const status of ["SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]) {
      expect(proto.responseDeserialize(ours.responseSerialize({ status }))).toEqual({ status });
      expect(ours.responseDeserialize(proto.responseSerialize({ status }))).toEqual({ status });
    }
  }
});
