// core: the layout of RemoveRaftVoter (key 81) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_RemoveRaftVoter
import type { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from "../generated/messages.ts";
import { field, message } from "../schema.ts";

export const removeRaftVoterRequest = message<RemoveRaftVoterRequest>(
  "RemoveRaftVoterRequest",
  { kind: "request", versions: "0", flexible: "0+" },
  [
    field("clusterId", "string", "0+; null 0+"),
    field("voterId", "int32", "0+"),
    field("voterDirectoryId", "uuid", "0+"),
  ],
);

export const removeRaftVoterResponse = message<RemoveRaftVoterResponse>(
  "RemoveRaftVoterResponse",
  { kind: "response", versions: "0", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    field("errorMessage", "string", "0+; null 0+; ignorable"),
  ],
);
