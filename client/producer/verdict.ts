// core: what an answer to Produce means for one batch.
import { ErrorCode, errorInfo } from "../../proto/errors.ts";
import type { ProduceResponsePartitionProduceResponse } from "../../proto/kafka/generated/messages.ts";

export type Verdict =
  /** `baseOffset` -1: written before, the broker does not say where. */
  | { readonly kind: "written"; readonly baseOffset: number; readonly appendTimeMs: number }
  /** Send it again; `isAbsent`: this attempt certainly wrote nothing. */
  | { readonly kind: "retry"; readonly isAbsent: boolean; readonly asksLeader: boolean }
  | { readonly kind: "outOfOrder" }
  | { readonly kind: "refused"; readonly message: string | null };

/** Refusals before anything is appended. All other retriable errors leave it open. */
const absentCodes: ReadonlySet<number> = new Set([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.THROTTLING_QUOTA_EXCEEDED,
]);

/** Somebody else may lead now. */
const leaderCodes: ReadonlySet<number> = new Set([
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.REPLICA_NOT_AVAILABLE,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.UNKNOWN_TOPIC_ID,
]);

export function judge(answer: ProduceResponsePartitionProduceResponse, isIdempotent: boolean): Verdict {
  const { errorCode } = answer;
  switch (errorCode) {
    case ErrorCode.NONE:
      return { kind: "written", baseOffset: answer.baseOffset, appendTimeMs: answer.logAppendTimeMs };
    case ErrorCode.DUPLICATE_SEQUENCE_NUMBER:
      return { kind: "written", baseOffset: -1, appendTimeMs: -1 };
    case ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER:
    case ErrorCode.UNKNOWN_PRODUCER_ID:
    case ErrorCode.INVALID_PRODUCER_EPOCH:
      if (isIdempotent) return { kind: "outOfOrder" };
      break;
  }
  if (errorInfo(errorCode).retriable) {
    return { kind: "retry", isAbsent: absentCodes.has(errorCode), asksLeader: leaderCodes.has(errorCode) };
  }
  const details = answer.recordErrors.map(
    (item) => `record ${item.batchIndex} of the batch: ${item.batchIndexErrorMessage ?? "refused"}`,
  );
  const message = [answer.errorMessage ?? "", ...details].filter((text) => text !== "").join("; ");
  return { kind: "refused", message: message === "" ? null : message };
}
