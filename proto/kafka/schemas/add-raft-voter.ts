// core: the layout of AddRaftVoter (key 80) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_AddRaftVoter
import type { AddRaftVoterRequest, AddRaftVoterResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const addRaftVoterRequest = message<AddRaftVoterRequest>(
  "AddRaftVoterRequest",
  { kind: "request", versions: "0", flexible: "0+" },
  [
    field("clusterId", "string", "0+; null 0+"),
    field("timeoutMs", "int32", "0+"),
    field("voterId", "int32", "0+"),
    field("voterDirectoryId", "uuid", "0+"),
    list("listeners", "Listener", "0+", [
      field("name", "string", "0+"),
      field("host", "string", "0+"),
      field("port", "uint16", "0+"),
    ]),
  ],
);

export const addRaftVoterResponse = message<AddRaftVoterResponse>(
  "AddRaftVoterResponse",
  { kind: "response", versions: "0", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    field("errorMessage", "string", "0+; null 0+; ignorable"),
  ],
);
