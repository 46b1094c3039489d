// core: what becomes of a batch, as an event.
import { type BatchTold, type OnClientEvent, tell } from "../events.ts";
import type { Batch } from "./batch.ts";

interface Told {
  readonly onEvent: OnClientEvent | null;
}

function told({ topic, partition, recordCount, byteLength, sentCount }: Batch): BatchTold {
  return { topic, partition, records: recordCount, bytes: byteLength, attempts: sentCount };
}

export function tellDelivered({ onEvent }: Told, batch: Batch, nowMs: number): void {
  if (onEvent === null) return;
  tell(onEvent, { kind: "batchDelivered", ...told(batch), waitedMs: nowMs - batch.createdAtMs });
}

export function tellRetried({ onEvent }: Told, batch: Batch): void {
  if (onEvent === null || batch.lastError === null) return;
  tell(onEvent, { kind: "batchRetried", ...told(batch), error: batch.lastError });
}

export function tellFailed({ onEvent }: Told, batch: Batch, error: Error): void {
  if (onEvent !== null) tell(onEvent, { kind: "batchFailed", ...told(batch), error });
}
