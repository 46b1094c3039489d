// test: small record batches that can be told apart, and metrics that go nowhere.
import type { Metrics } from "../../base/ports/metrics.ts";
import { batchHeaderBytes } from "../../proto/batch/header.ts";

/** A batch of `records` records without contents, named by `id`. */
export function namedBatch(id: number, records: number, extraBytes = 0): Uint8Array {
  const bytes = new Uint8Array(batchHeaderBytes + 8 + extraBytes);
  const view = new DataView(bytes.buffer);
  view.setInt32(8, bytes.length - 12);
  bytes[16] = 2;
  view.setInt32(23, records - 1);
  view.setBigInt64(35, BigInt(id));
  view.setBigInt64(43, -1n);
  view.setInt32(57, records);
  view.setBigInt64(batchHeaderBytes, BigInt(id));
  return bytes;
}

export function batchId(bytes: Uint8Array, at = 0): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(at + batchHeaderBytes));
}

const counter = { add: () => {}, set: () => {}, observe: () => {} };
export const noMetrics: Metrics = {
  counter: () => counter,
  gauge: () => counter,
  observed: () => {},
  histogram: () => counter,
  expose: async () => "",
};
