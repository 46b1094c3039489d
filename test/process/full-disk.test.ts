// test: a real disk that runs full (a small tmpfs) under a producing client: the broker refuses, says why,
// and goes on when there is room again; nothing acknowledged is lost. Needs root on Linux, else it is
// skipped.
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Producer } from "../../client/index.ts";
import { createTopic, runCluster } from "./running-cluster.ts";
import { SteadyLoad } from "./steady-load.ts";

const mount = mkdtempSync(join(tmpdir(), "ottla-full-"));
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", mount]).status === 0;
if (!mounted) console.log("full disk: skipped, a tmpfs can only be mounted by root on Linux");

/** Takes all that is left of the disk. */
function fill(file: string): void {
  const descriptor = openSync(file, "w");
  const chunk = Buffer.alloc(256 * 1024);
  try {
    for (;;) writeSync(descriptor, chunk);
  } catch {
    closeSync(descriptor);
  }
}

/** Sends until a record is refused. */
async function refused(producer: Producer): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const value = Buffer.alloc(5_000, "x");
    const outcome = await producer.send({ topic: "orders", value }).catch((error: Error) => error);
    if (outcome instanceof Error) return;
  }
  throw new Error("a broker on a full disk took records for 30 s");
}

/** Waits until the count has not changed for two seconds. */
async function stands(count: () => number): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (let before = -1; performance.now() < deadline; ) {
    if (before === count()) return;
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
  throw new Error("records are acknowledged on a full disk, for 30 s");
}

describe.skipIf(!mounted)("a full disk", () => {
  afterAll(() => {
    spawnSync("umount", [mount]);
    rmSync(mount, { recursive: true, force: true });
  });

  it("refuses, says so, and goes on when there is room", { timeout: 120_000 }, async () => {
    await using running = await runCluster({ brokers: 1, path: mount });
    const { cluster, admin } = running;
    await createTopic(admin, "orders", 3, 1);
    const load = new SteadyLoad({ bootstrap: cluster.bootstrap, topic: "orders", perSecond: 300, keys: 20 });
    await load.progress(300);
    const ballast = join(mount, "ballast");
    fill(ballast);
    const hasty = { deliveryTimeoutMs: 3_000, requestTimeoutMs: 1_000, maxBlockMs: 3_000 };
    const producer = new Producer({ bootstrap: cluster.bootstrap, ...hasty });
    // What is left of the last page of a segment, and of what the broker was told before, may take some more.
    await refused(producer);
    await stands(() => load.acknowledged.size);
    await producer.close();
    expect(cluster.running.size).toBe(1);
    expect(readFileSync(cluster.folder.logPath(1), "utf8")).toContain("is full");
    rmSync(ballast);
    await load.progress(300);
    await load.stop();
    expect(load.failures).toEqual([]);
    const verdict = await load.verdict();
    expect(verdict).toMatchObject({ missing: [], duplicated: [], outOfOrder: [] });
  });
});
