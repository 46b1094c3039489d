// test: kcat (librdkafka), a client that we did not write: lists, produces and consumes with keys and
// headers, asks for offsets by time. Skipped, and said so, where it is not installed.
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTopic, type RunningCluster, runCluster } from "../process/running-cluster.ts";

const installed = spawnSync("kcat", ["-V"]).status === 0;
if (!installed)
  console.log("kcat is not installed (apt-get install kcat): its conformance tests are skipped");

describe.skipIf(!installed)("kcat", () => {
  let running: RunningCluster;

  beforeAll(async () => {
    running = await runCluster({ brokers: 3 });
    await createTopic(running.admin, "cats", 3, 3);
  }, 90_000);

  afterAll(async () => {
    await running[Symbol.asyncDispose]();
  }, 60_000);

  function kcat(args: string[], input = ""): string {
    const run = spawnSync("kcat", ["-b", running.cluster.bootstrap, ...args], {
      input,
      encoding: "utf8",
      timeout: 30_000,
    });
    if (run.status !== 0) throw new Error(`kcat ${args.join(" ")} ended with ${run.status}: ${run.stderr}`);
    return run.stdout;
  }

  it("lists brokers, topics and partitions", () => {
    const listing = JSON.parse(kcat(["-L", "-J"])) as {
      brokers: { id: number }[];
      topics: { topic: string; partitions: { leader: number; isrs: unknown[] }[] }[];
    };
    expect(listing.brokers.map((broker) => broker.id).sort()).toEqual([1, 2, 3]);
    const cats = listing.topics.find((topic) => topic.topic === "cats");
    expect(cats?.partitions).toHaveLength(3);
    expect(cats?.partitions.every((partition) => partition.isrs.length === 3)).toBe(true);
  });

  it.each(["none", "gzip", "snappy", "lz4", "zstd"])(
    "produces and consumes keys and headers, %s",
    (codec) => {
      const lines = Array.from({ length: 200 }, (_, n) => `${codec}-${n % 10}:value ${n} of ${codec}`);
      const args = [
        "-P",
        "-t",
        "cats",
        "-K",
        ":",
        "-H",
        `codec=${codec}`,
        "-X",
        "acks=all",
        "-X",
        "enable.idempotence=true",
      ];
      kcat([...args, ...(codec === "none" ? [] : ["-z", codec])], `${lines.join("\n")}\n`);
      const read = kcat(["-C", "-t", "cats", "-o", "beginning", "-e", "-q", "-f", "%k:%s|%h\n"])
        .split("\n")
        .filter((line) => line.startsWith(`${codec}-`));
      expect(read.map((line) => line.split("|")[0]).sort()).toEqual([...lines].sort());
      expect(read.every((line) => line.endsWith(`|codec=${codec}`))).toBe(true);
    },
  );

  it("asks for the offset of a moment", async () => {
    await createTopic(running.admin, "moments", 1, 3);
    kcat(["-P", "-t", "moments", "-p", "0"], "before\n");
    const between = Date.now() + 20;
    while (Date.now() < between + 20) await new Promise((resolve) => setTimeout(resolve, 5));
    kcat(["-P", "-t", "moments", "-p", "0"], "after\n");
    expect(kcat(["-Q", "-t", `moments:0:${between}`])).toMatch(/offset 1\b/);
    expect(kcat(["-Q", "-t", "moments:0:0"])).toMatch(/offset 0\b/);
  });
});
