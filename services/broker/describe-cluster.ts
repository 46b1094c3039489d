// core: DescribeCluster: the brokers that are alive, and whom clients take for the controller.
//
// Source: KIP-700, KIP-919 (endpoint types: 1 brokers, 2 controllers).
import type { RequestContext } from "../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import { allClusterOperations, operationsNotAsked } from "./authorized-operations.ts";
import { aliveBrokers, controllerForClients } from "./brokers.ts";
import type { BrokerPorts } from "./ports.ts";

const brokersAsked = 1;
const controllersAsked = 2;

export function describeCluster(
  ports: BrokerPorts,
  request: RequestOf<"DescribeCluster">,
  context: RequestContext,
): ResponseOf<"DescribeCluster"> {
  const { endpointType } = request;
  if (endpointType !== brokersAsked) {
    const isKnown = endpointType === controllersAsked;
    const text =
      `endpoints of type ${endpointType} were asked for; a broker knows those of type ` + `${brokersAsked}`;
    throw new BrokerError(isKnown ? "MISMATCHED_ENDPOINT_TYPE" : "UNSUPPORTED_ENDPOINT_TYPE", text);
  }
  const alive = aliveBrokers(ports.metadata.image, context.listenerName);
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    endpointType,
    clusterId: ports.clusterId,
    controllerId: controllerForClients(alive, ports.nodeId),
    brokers: alive.map(({ nodeId, ...address }) => ({ brokerId: nodeId, ...address })),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? allClusterOperations
      : operationsNotAsked,
  };
}
