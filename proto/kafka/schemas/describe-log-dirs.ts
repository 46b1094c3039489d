// core: the layout of DescribeLogDirs (key 35) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeLogDirs
import type { DescribeLogDirsRequest, DescribeLogDirsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const describeLogDirsRequest = message<DescribeLogDirsRequest>(
  "DescribeLogDirsRequest",
  { kind: "request", versions: "0-4", flexible: "2+" },
  [
    list("topics", "DescribableLogDirTopic", "0+; null 0+", [
      field("topic", "string", "0+"),
      field("partitions", "[]int32", "0+"),
    ]),
  ],
);

export const describeLogDirsResponse = message<DescribeLogDirsResponse>(
  "DescribeLogDirsResponse",
  { kind: "response", versions: "0-4", flexible: "2+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "3+; ignorable"),
    list("results", "DescribeLogDirsResult", "0+", [
      field("errorCode", "int16", "0+"),
      field("logDir", "string", "0+"),
      list("topics", "DescribeLogDirsTopic", "0+", [
        field("name", "string", "0+"),
        list("partitions", "DescribeLogDirsPartition", "0+", [
          field("partitionIndex", "int32", "0+"),
          field("partitionSize", "int64", "0+"),
          field("offsetLag", "int64", "0+"),
          field("isFutureKey", "bool", "0+"),
        ]),
      ]),
      field("totalBytes", "int64", "4+; = -1; ignorable"),
      field("usableBytes", "int64", "4+; = -1; ignorable"),
    ]),
  ],
);
