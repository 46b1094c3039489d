// test: loads of groups as the brokers' logs tell of them.
import { expect, it } from "vitest";
import { loadsIn } from "./load-lines.ts";

it("reads Ottla's lines", () => {
  const lines = [
    '{"level":30,"component":"groups","partition":7,"records":1000,"ms":12,"msg":"groups were loaded"}',
    '{"level":30,"msg":"something else"}',
    "not JSON, groups were loaded",
    '{"level":30,"partition":8,"msg":"groups were loaded"}',
  ];
  expect(loadsIn("ottla", lines)).toEqual([{ partition: 7, records: 1_000, tookMs: 12 }]);
});

it("reads Apache Kafka's lines", () => {
  const lines = [
    "[2026-01-01 10:00:00,000] INFO [GroupCoordinator id=1] Scheduling loading of metadata from " +
      "__consumer_offsets-3 with epoch 4 (x)",
    "[2026-01-01 10:00:01,000] INFO [GroupCoordinator id=1] Finished loading of metadata from " +
      "__consumer_offsets-3 with epoch 4 in 812ms where 3ms was spent in the scheduler. " +
      "Loaded 100000 records which total to 5000 bytes. (x)",
  ];
  expect(loadsIn("kafka", lines)).toEqual([{ partition: 3, records: 100_000, tookMs: 812 }]);
});
