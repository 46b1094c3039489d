// test: a report as markdown: sides beside each other, ratios, what was left out.
import { expect, it } from "vitest";
import { type Measurement, makeRow } from "../../bench/measure/row.ts";
import { benchMarkdown } from "./bench-markdown.ts";

const machine = { cores: 2, cpu: "some CPU", memoryGiB: 24, kernel: "6.1", node: "v24.0.0" };
const turns = (cost: number | null, ...values: number[]): Measurement[] =>
  values.map((value) => ({ value, also: cost === null ? {} : { "server CPU s/GB": cost } }));

it("writes one table a report, one line a row", () => {
  const produce = { name: "produce", unit: "MB/s", flush: "os", isLowerBetter: false };
  const rows = [
    makeRow(
      produce,
      new Map([
        ["ottla", turns(2, 100, 120)],
        ["kafka", turns(4, 50, 40)],
      ]),
    ),
    makeRow({ ...produce, name: "alone", unit: "ms" }, new Map([["ottla", turns(null, 7)]])),
  ];
  const missing = [{ row: "fetch", reason: "kafka: gone" }];
  const text = benchMarkdown([{ machine, command: "ottla bench produce", rows, missing }]);
  expect(text.split("\n")).toEqual([
    "    ottla bench produce",
    "",
    "2 cores (some CPU), 24 GiB, Linux 6.1, Node v24.0.0; all on one machine.",
    "",
    "|  | flush |  | ottla | kafka | over kafka | server CPU s/GB | turns |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    "| produce | os | MB/s | 110 (100-120) | 45 (40-50) | **2.50** (2.00-3.00) | 2 / 4 | 2 / 2 |",
    "| alone | os | ms | 7 (7-7) |  |  |  | 1 |",
    "",
    "Left out: fetch: kafka: gone",
    "",
  ]);
});
