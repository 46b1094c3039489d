// core: what a member does about an error code or a failure, request by request. One table, so that
// heartbeat, join, sync and commits agree on what a code means.
import { ErrorCode } from "../../proto/errors.ts";
import { asError, brokerError, ClientError, isRetriable } from "../errors.ts";

export type Verdict =
  | { readonly kind: "fine" }
  /** The same again after a while. */
  | { readonly kind: "later"; readonly error: Error }
  /** Another broker coordinates the group now, or this one is not to be reached: find it, then the same. */
  | { readonly kind: "coordinator"; readonly error: Error }
  /** The group rebalances: join again, with what is owned. */
  | { readonly kind: "rejoin"; readonly error: Error }
  /** The membership is over, and with it every partition: join anew. */
  | { readonly kind: "lost"; readonly error: Error; readonly forgetsMember: boolean }
  /** The request was for an older epoch of this member; the next heartbeat tells the present one. */
  | { readonly kind: "stale"; readonly error: Error }
  | { readonly kind: "fatal"; readonly error: Error };

export const fine: Verdict = { kind: "fine" };

export function verdictOf(what: string, code: number, message: string | null = null): Verdict {
  if (code === ErrorCode.NONE) return fine;
  const error = brokerError(what, code, message);
  switch (code) {
    case ErrorCode.NOT_COORDINATOR:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
      return { kind: "coordinator", error };
    case ErrorCode.REBALANCE_IN_PROGRESS:
      return { kind: "rejoin", error };
    case ErrorCode.UNKNOWN_MEMBER_ID:
      return { kind: "lost", error, forgetsMember: true };
    case ErrorCode.ILLEGAL_GENERATION:
    case ErrorCode.FENCED_MEMBER_EPOCH:
      return { kind: "lost", error, forgetsMember: false };
    // The place of a static member that died is kept until its session is over: it comes back then.
    case ErrorCode.UNRELEASED_INSTANCE_ID:
      return { kind: "later", error };
    case ErrorCode.STALE_MEMBER_EPOCH:
      return { kind: "stale", error };
    default:
      return error.retriable ? { kind: "later", error } : { kind: "fatal", error };
  }
}

/** Of a request that was not answered. */
export function verdictOfFailure(failure: unknown): Verdict {
  const error = asError(failure);
  if (error instanceof ClientError && error.code === "CLOSED") return { kind: "fatal", error };
  return isRetriable(error) ? { kind: "coordinator", error } : { kind: "fatal", error };
}
