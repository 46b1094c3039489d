// test: measurements of `ottla bench`, as short as they can be, on a real broker: they give their rows, as
// JSON and as files.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Row } from "../../bench/measure/row.ts";
import { temporaryFolder } from "./running-cluster.ts";

const launcher = fileURLToPath(new URL("../../bin/ottla.mjs", import.meta.url));

interface Told {
  rows: Row[];
  missing: unknown[];
}

async function bench(...args: string[]): Promise<{ code: unknown; output: string; told: () => unknown }> {
  const child = spawn(process.execPath, [launcher, "bench", ...args, "--json"], { stdio: "pipe" });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, output: `${output}${errors}`, told: () => JSON.parse(output) };
}

const short = ["--quick", "--seconds", "1", "--warmup", "0", "--connections", "2"];

describe("ottla bench", () => {
  it("all: what each measured, together and in files", { timeout: 60_000 }, async () => {
    using folder = temporaryFolder("ottla-report-");
    const [report, save] = ["report.md", "report.json"].map((name) => join(folder.path, name));
    const files = ["--report", report!, "--save", save!];
    const { code, output, told } = await bench("all", "--only", "fetch", "--fill", "4", ...files, ...short);
    expect(code, output).toBe(0);
    const { reports } = told() as { reports: Told[] };
    expect(JSON.parse(readFileSync(save!, "utf8"))).toEqual({ reports });
    expect(readFileSync(report!, "utf8")).toContain(
      "| cached fetch, 1024 KiB requests, one consumer | os | MB/s |",
    );
    const { rows, missing } = reports[0]!;
    expect(missing).toEqual([]);
    expect(rows).toHaveLength(2);
    for (const { sides, ratios } of rows) {
      expect(sides.ottla!.value.median).toBeGreaterThan(0);
      expect(sides.ottla!.turns).toBe(1);
      expect(Object.keys(sides.ottla!.also)).toContain("server CPU s/GB");
      expect(ratios).toEqual({});
    }
  });

  it("ceilings: a bare program takes the same load", { timeout: 60_000 }, async () => {
    const { code, output, told } = await bench("ceilings", "--replicas", "1", "--batch", "16", ...short);
    expect(code, output).toBe(0);
    const { rows } = told() as Told;
    expect(rows.map(({ sides }) => Object.keys(sides))).toEqual([["ottla", "bare TCP"]]);
    expect(rows[0]!.ratios["bare TCP"]!.median).toBeGreaterThan(0);
  });

  it("groups: members that come and go, commits, idle groups, rates", { timeout: 120_000 }, async () => {
    using folder = temporaryFolder("ottla-plot-");
    const plot = join(folder.path, "plot.svg");
    const cases = ["--cases", "start,join,leave,growth,commits,idle,rate,clients", "--protocols", "consumer"];
    const few = ["--members", "2", "--partitions", "6", "--consumers", "1", "--rate-partitions", "2"];
    const small = ["--fill", "1", "--idle-groups", "3", "--commit-groups", "6", "--commit-rate", "50"];
    const more = ["--ottla-warmup", "0", "--plot", plot];
    const { code, output, told } = await bench("groups", ...cases, ...few, ...small, ...more, ...short);
    expect(code, output).toBe(0);
    const { rows, missing } = told() as Told;
    expect(missing).toEqual([]);
    expect(rows.map(({ unit }) => unit)).toEqual([
      ...["ms", "ms", "ms", "ms"],
      ...["commits/s", "ms p99", "% of a core", "MB/s", "MB/s", "MB/s"],
    ]);
    for (const { name, sides } of rows) expect(sides.ottla!.value.median, name).toBeGreaterThan(0);
    expect(rows.at(-1)!.ratios.kafkajs!.median).toBeGreaterThan(0);
    expect(readFileSync(plot, "utf8")).toContain("ottla, 1 consumer(s)");
  });

  it("groups: how soon their commits are loaded again", { timeout: 60_000 }, async () => {
    const few = ["--cases", "loading", "--load-groups", "5", "--load-partitions", "4", "--ottla-warmup", "0"];
    const { code, output, told } = await bench("groups", ...few, ...short);
    expect(code, output).toBe(0);
    const { rows } = told() as Told;
    expect(rows).toHaveLength(2);
    for (const { sides } of rows) expect(sides.ottla!.also.records).toBeGreaterThanOrEqual(20);
  });
});
