// core: values of control records in a log, and the principal of forwarded requests, as tables.
// Source: KIP-595, KIP-630, KIP-853.
import type {
  DefaultPrincipalData,
  KRaftVersionRecord,
  LeaderChangeMessage,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
} from "../generated/messages.ts";
import { field, list, message, struct } from "../schema.ts";

export const defaultPrincipalData = message<DefaultPrincipalData>(
  "DefaultPrincipalData",
  { kind: "data", versions: "0", flexible: "0+" },
  [field("type", "string", "0+"), field("name", "string", "0+"), field("tokenAuthenticated", "bool", "0+")],
);

export const kRaftVersionRecord = message<KRaftVersionRecord>(
  "KRaftVersionRecord",
  { kind: "data", versions: "0", flexible: "0+" },
  [field("version", "int16", "0+"), field("kRaftVersion", "int16", "0+")],
);

const leaderChangeMessageVoterFields = [
  field("voterId", "int32", "0+"),
  field("voterDirectoryId", "uuid", "1+"),
];

export const leaderChangeMessage = message<LeaderChangeMessage>(
  "LeaderChangeMessage",
  { kind: "data", versions: "0-1", flexible: "0+" },
  [
    field("version", "int16", "0+"),
    field("leaderId", "int32", "0+"),
    list("voters", "Voter", "0+", leaderChangeMessageVoterFields),
    list("grantingVoters", "Voter", "0+", leaderChangeMessageVoterFields),
  ],
);

export const snapshotFooterRecord = message<SnapshotFooterRecord>(
  "SnapshotFooterRecord",
  { kind: "data", versions: "0", flexible: "0+" },
  [field("version", "int16", "0+")],
);

export const snapshotHeaderRecord = message<SnapshotHeaderRecord>(
  "SnapshotHeaderRecord",
  { kind: "data", versions: "0", flexible: "0+" },
  [field("version", "int16", "0+"), field("lastContainedLogTimestamp", "int64", "0+")],
);

export const votersRecord = message<VotersRecord>(
  "VotersRecord",
  { kind: "data", versions: "0", flexible: "0+" },
  [
    field("version", "int16", "0+"),
    list("voters", "Voter", "0+", [
      field("voterId", "int32", "0+"),
      field("voterDirectoryId", "uuid", "0+"),
      list("endpoints", "Endpoint", "0+", [
        field("name", "string", "0+"),
        field("host", "string", "0+"),
        field("port", "uint16", "0+"),
      ]),
      struct("kRaftVersionFeature", "KRaftVersionFeature", "0+", [
        field("minSupportedVersion", "int16", "0+"),
        field("maxSupportedVersion", "int16", "0+"),
      ]),
    ]),
  ],
);
