// shell: the voters of the controller quorum, changed while it runs.
//
// Source: KIP-853
import { ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { brokerError } from "../errors.ts";
import type { AdminCalls } from "./admin-calls.ts";

export interface VoterName {
  readonly id: number;
  /** Of the folder with its metadata log, as `describeQuorum` tells it: another folder is another voter. */
  readonly directoryId: string;
}

export interface NewVoter extends VoterName {
  /** Where it listens for other nodes; a broker of an Ottla cluster need not say. */
  readonly endpoints?: readonly { readonly name: string; readonly host: string; readonly port: number }[];
  /** For catching up, ms; 60,000 by default. */
  readonly timeoutMs?: number;
}

const timeoutMsDefault = 60_000;

export async function addVoter(calls: AdminCalls, voter: NewVoter): Promise<void> {
  const { id, directoryId, endpoints = [], timeoutMs = timeoutMsDefault } = voter;
  const named = { clusterId: null, voterId: id, voterDirectoryId: directoryId };
  const body = { ...named, timeoutMs, listeners: [...endpoints] };
  // Asked once: it may have been made though the answer was lost, which describeQuorum shows.
  const { errorCode, errorMessage } = await calls.cluster.toAny(apis.AddRaftVoter, body);
  if (errorCode !== ErrorCode.NONE) throw brokerError(`add voter ${id}`, errorCode, errorMessage);
}

export async function removeVoter(calls: AdminCalls, { id, directoryId }: VoterName): Promise<void> {
  const body = { clusterId: null, voterId: id, voterDirectoryId: directoryId };
  const { errorCode, errorMessage } = await calls.cluster.toAny(apis.RemoveRaftVoter, body);
  if (errorCode !== ErrorCode.NONE) throw brokerError(`remove voter ${id}`, errorCode, errorMessage);
}
