// core: the layout of DescribeCluster (key 60) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeCluster
import type { DescribeClusterRequest, DescribeClusterResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const describeClusterRequest = message<DescribeClusterRequest>(
  "DescribeClusterRequest",
  { kind: "request", versions: "0-1", flexible: "0+" },
  [field("includeClusterAuthorizedOperations", "bool", "0+"), field("endpointType", "int8", "1+; = 1")],
);

export const describeClusterResponse = message<DescribeClusterResponse>(
  "DescribeClusterResponse",
  { kind: "response", versions: "0-1", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    field("errorMessage", "string", "0+; null 0+; = null"),
    field("endpointType", "int8", "1+; = 1"),
    field("clusterId", "string", "0+"),
    field("controllerId", "int32", "0+; = -1"),
    list("brokers", "DescribeClusterBroker", "0+", [
      field("brokerId", "int32", "0+"),
      field("host", "string", "0+"),
      field("port", "int32", "0+"),
      field("rack", "string", "0+; null 0+; = null"),
    ]),
    field("clusterAuthorizedOperations", "int32", "0+; = -2147483648"),
  ],
);
