// shell: AddRaftVoter and RemoveRaftVoter, carried out by the leader of the metadata log: it alone can say
// when a node has nearly all of the log, and when a change of the voters is committed.
//
// Source: KIP-853

import type { MetadataImage } from "../cluster/metadata/image.ts";
import type { RaftNode } from "../cluster/raft/driver/raft-node.ts";
import { BrokerError, ErrorCode } from "../proto/errors.ts";
import { apis, type RequestOf } from "../proto/kafka/apis.ts";
import { decodeMessage, encodeMessage } from "../proto/kafka/codec.ts";
import type { ForwardRequest, ForwardResponse } from "../proto/peer/peer-api.ts";

export interface VoterChangesOptions {
  readonly clusterId: string;
  readonly raft: Pick<RaftNode, "changeVoters" | "isLeader">;
  readonly tickMs: number;
  image(): MetadataImage;
}

/** Time to catch up, where the request gives none. */
const catchUpMs = 60_000;

/** Null: another request. Throws ProtocolError for a malformed body. */
export function voterChange(
  { apiKey, apiVersion, body }: ForwardRequest,
  options: VoterChangesOptions,
): Promise<ForwardResponse> | null {
  const { AddRaftVoter, RemoveRaftVoter } = apis;
  if (apiKey === AddRaftVoter.key) {
    const request = decodeMessage(AddRaftVoter.request, apiVersion, body);
    return answered(
      options,
      () => add(options, request),
      (reply) => encodeMessage(AddRaftVoter.response, apiVersion, reply),
    );
  }
  if (apiKey === RemoveRaftVoter.key) {
    const request = decodeMessage(RemoveRaftVoter.request, apiVersion, body);
    return answered(
      options,
      () => remove(options, request),
      (reply) => encodeMessage(RemoveRaftVoter.response, apiVersion, reply),
    );
  }
  return null;
}

interface Reply {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
}

async function answered(
  { raft }: VoterChangesOptions,
  change: () => Promise<void>,
  encode: (reply: Reply) => Uint8Array,
): Promise<ForwardResponse> {
  if (!raft.isLeader()) return { errorCode: ErrorCode.NOT_CONTROLLER, body: new Uint8Array(0) };
  const reply: Reply = { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null };
  try {
    await change();
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    // Nothing was begun: whoever asks may ask the next leader.
    if (error.errorName === "NOT_CONTROLLER")
      return { errorCode: ErrorCode.NOT_CONTROLLER, body: new Uint8Array(0) };
    Object.assign(reply, { errorCode: error.code, errorMessage: error.message });
  }
  return { errorCode: ErrorCode.NONE, body: encode(reply) };
}

async function add(options: VoterChangesOptions, request: RequestOf<"AddRaftVoter">): Promise<void> {
  checkCluster(options, request.clusterId);
  const { voterId: id, voterDirectoryId: directoryId, timeoutMs } = request;
  const { host, port } = placeOf(options, request);
  const ticksMax = Math.ceil((timeoutMs > 0 ? timeoutMs : catchUpMs) / options.tickMs);
  await options.raft.changeVoters({ kind: "add", voter: { id, directoryId, host, port }, ticksMax });
}

async function remove(options: VoterChangesOptions, request: RequestOf<"RemoveRaftVoter">): Promise<void> {
  checkCluster(options, request.clusterId);
  const { voterId: id, voterDirectoryId: directoryId } = request;
  await options.raft.changeVoters({ kind: "remove", id, directoryId });
}

function checkCluster({ clusterId }: VoterChangesOptions, asked: string | null): void {
  if (asked === null || asked === clusterId) return;
  const text = `the request is for cluster ${asked.slice(0, 100)}, this is cluster ${clusterId}`;
  throw new BrokerError("INCONSISTENT_CLUSTER_ID", text);
}

/** Voters talk gRPC: the request names where, or, for a broker, its registration does. */
function placeOf(
  options: VoterChangesOptions,
  { voterId, listeners }: RequestOf<"AddRaftVoter">,
): { host: string; port: number } {
  const named = listeners.find(({ name }) => name === "CONTROLLER") ?? listeners[0];
  if (named !== undefined) return { host: named.host, port: named.port };
  const broker = options.image().brokers.get(voterId);
  if (broker !== undefined) return { host: broker.peerHost, port: broker.peerPort };
  const text = `where node ${voterId} listens for other nodes must be given: it is no registered broker`;
  throw new BrokerError("INVALID_REQUEST", text);
}
