// test: the real environment: cheap to import, a log whose level changes, metrics in text, a halt that ends.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { haltExitCode } from "./host.ts";
import { realLog } from "./log.ts";
import { realMetrics } from "./metrics.ts";

const source = JSON.stringify(fileURLToPath(new URL("./env.ts", import.meta.url)));

function runScript(body: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["--input-type=module", "-e", body], { encoding: "utf8" });
}

describe("realLog", () => {
  it("writes one JSON line an event, and changes its level for all children at once", () => {
    const lines: Record<string, unknown>[] = [];
    const destination = { write: (line: string): void => void lines.push(JSON.parse(line)) };
    const { log, control } = realLog({ level: "info", format: "json", fields: { nodeId: 3 }, destination });
    const child = log.child({ component: "raft" }).child({ term: 7 });
    child.debug({}, "unheard");
    child.info({ err: new Error("why") }, "heard");
    control.level = "debug";
    child.debug({}, "heard too");
    control.level = "error";
    log.warn({}, "unheard");
    log.error({ n: 1 }, "the end");
    expect(lines.map((line) => [line.level, line.msg])).toEqual([
      ["info", "heard"],
      ["debug", "heard too"],
      ["error", "the end"],
    ]);
    expect(lines[0]).toMatchObject({ nodeId: 3, component: "raft", term: 7, err: { message: "why" } });
    expect(lines[2]).not.toHaveProperty("component");
  });
});

describe("realMetrics", () => {
  it("exposes counters, gauges and histograms; one name is one metric", async () => {
    const metrics = realMetrics({ withProcess: false });
    metrics.counter("ottla_a_total", "a", ["topic"]).add(2, { topic: "t" });
    metrics.counter("ottla_a_total", "a", ["topic"]).add(1, { topic: "t" });
    metrics.gauge("ottla_b", "b").set(5);
    metrics.histogram("ottla_c_seconds", "c", [0.1, 1]).observe(0.5);
    const text = await metrics.expose();
    expect(text).toContain('ottla_a_total{topic="t"} 3');
    expect(text).toContain("ottla_b 5");
    expect(text).toContain('ottla_c_seconds_bucket{le="0.1"} 0');
    expect(text).toContain('ottla_c_seconds_bucket{le="1"} 1');
    expect(text).toContain('ottla_c_seconds_bucket{le="+Inf"} 1');
    expect(text).toContain("ottla_c_seconds_sum 0.5\nottla_c_seconds_count 1");
    expect(text).not.toContain("process_cpu");
    metrics.counter("ottla_a_total", "a", ["topic"]).add(1, { topic: "u" });
    metrics.counter("ottla_d_total", "d", ["api", "error"]).add(1, { error: "e", api: "f" });
    const later = await metrics.expose();
    expect(later).toContain('ottla_a_total{topic="u"} 1');
    expect(later).toContain('ottla_d_total{error="e",api="f"} 1');
    expect(await realMetrics({ withProcess: true }).expose()).toContain("process_cpu");
  });
});

describe("realEnv", () => {
  it("loads nothing heavy when it is imported and made", () => {
    const body = `
      import { createRequire } from "node:module";
      const { realEnv, realClientEnv } = await import(${source});
      realEnv({ nodeId: 1 }); realClientEnv();
      const loaded = Object.keys(createRequire(${source}).cache).join();
      const lazy = ["/level/", "/pino/", "/prom-client/", "/@grpc/"];
      console.log(lazy.filter((name) => loaded.includes(name)).join());`;
    expect(runScript(body)).toMatchObject({ status: 0, stdout: "\n" });
  });

  it("halts: says why and exits at once", () => {
    const body = `
      import { realEnv } from ${source};
      const env = realEnv({ nodeId: 4, logFormat: "json" });
      process.on("exit", () => console.log("exit"));
      env.host.halt("disk gone");
      console.log("went on");`;
    const { status, stdout, stderr } = runScript(body);
    expect([status, stdout]).toEqual([haltExitCode, "exit\n"]);
    expect(JSON.parse(stderr)).toMatchObject({ nodeId: 4, level: "error", reason: "disk gone" });
  });
});
