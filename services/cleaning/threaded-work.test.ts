// test: the cleaner's work in a thread, on a real disk.
import { mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryMetrics } from "../../base/memory/metrics.ts";
import type { Log } from "../../base/ports/log.ts";
import { realEnv } from "../../base/real/env.ts";
import { cleanLog } from "../../cluster/log/cleaning/clean-log.ts";
import { LogDirectory } from "../../cluster/log/log-directory.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { readBatches } from "../../proto/batch/read.ts";
import { compression } from "../../test/log/compaction-model.ts";
import { key, logConfig, topicId } from "../../test/log/log-model.ts";
import { ThreadedWork } from "./threaded-work.ts";

const policy = { minDirtyRatio: 0, minLagMs: 0, maxLagMs: 1e15, deleteRetentionMs: 1_000 };
const secret = [1, 2, 3, 4] as const;
const broken: string[] = [];
const nothing = (): void => {};
const quiet: Log = {
  ...{ trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
  child: () => quiet,
};
let folder: string;
let work: ThreadedWork;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ottla-cleaning-"));
  broken.length = 0;
  work = new ThreadedWork((what) => broken.push(what));
});

afterEach(() => {
  work.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function stage() {
  const env = { ...realEnv({ processMetrics: false }), log: quiet, metrics: new MemoryMetrics() };
  const failures: string[] = [];
  const onFailed = (reason: string): void => void failures.push(reason);
  const options = { env, path: folder, clusterId: "cluster", nodeId: 1, onFailed };
  const directory = await LogDirectory.open(options);
  const log = directory.openLog(key, topicId, { ...logConfig, segmentBytes: 50_000 });
  for (let n = 0; n < 2_000; n++) {
    const records = [0, 1, 2].map((more) => ({
      key: Buffer.from(`key ${(n * 7 + more) % 100}`),
      value: Buffer.from(`value ${n}.${more} ${"x".repeat(100)}`),
      timestamp: 1_000 + n,
    }));
    const kind = compression[n % compression.length]!;
    log.appendAsLeader(buildBatch({ codecs: env.codecs, records, compression: kind }), { leaderEpoch: 1 });
  }
  await log.syncNow();
  directory.setHighWatermark(key, log.end);
  const values = (): Map<string, string> => {
    const found = new Map<string, string>();
    for (let from = log.startOffset; from < log.end; ) {
      const bytes = log.read({ from, upTo: log.end, maxBytes: 1e6, minOneBatch: true });
      for (const one of readBatches(bytes, env.codecs)) {
        for (const { key: name, value } of one.records) found.set(String(name), String(value));
        from = one.nextOffset;
      }
    }
    return found;
  };
  return { directory, log, values, failures };
}

describe("cleaning in a thread", () => {
  it("leaves the last values, in fewer bytes", { timeout: 30_000 }, async () => {
    const { directory, log, values } = await stage();
    const [before, bytes] = [values(), log.sizeBytes];
    const report = await cleanLog(log, { work, policy, mapBytes: 1e6, secret });
    expect(report).toMatchObject({ outcome: "done", what: "", keys: 100 });
    expect(values()).toEqual(before);
    expect(log.sizeBytes).toBeLessThan(bytes / 4);
    await directory.close();
    expect(broken).toEqual([]);
  });

  it("keeps to its rate", { timeout: 30_000 }, async () => {
    const { directory, log } = await stage();
    work.setRate(4 * log.sizeBytes);
    const began = performance.now();
    await cleanLog(log, { work, policy, mapBytes: 1e6, secret });
    // Three times over all of it, and a little to write.
    expect(performance.now() - began).toBeGreaterThan(500);
    await directory.close();
  });

  it("tells of damage, which ends the directory", { timeout: 30_000 }, async () => {
    const { directory, log, failures } = await stage();
    const [first] = log.segments;
    truncateSync(first!.path, first!.size - 10);
    await expect(cleanLog(log, { work, policy, mapBytes: 1e6, secret })).rejects.toThrow(/the file ends/);
    expect(failures).toHaveLength(1);
    await directory.close();
  });

  it("comes to nothing when it is stopped, and begins anew after that", { timeout: 30_000 }, async () => {
    const { directory, log } = await stage();
    work.setRate(1_000);
    const cleaning = cleanLog(log, { work, policy, mapBytes: 1e6, secret });
    work.stop();
    expect((await cleaning).outcome).toBe("changed");
    work.setRate(0);
    expect((await cleanLog(log, { work, policy, mapBytes: 1e6, secret })).outcome).toBe("done");
    await directory.close();
    expect(broken).toEqual([]);
  });
});
