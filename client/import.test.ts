// test: what importing the package costs: no broker, no store, no gRPC, no metrics library comes with it.
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

it("importing the client loads nothing heavy, and making clients connects to nothing", () => {
  const index = new URL("./index.ts", import.meta.url).href;
  const script = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    const { Producer, Consumer, Admin } = await import(${JSON.stringify(index)});
    for (const Client of [Producer, Consumer, Admin]) new Client({ bootstrap: "localhost:1" });
    process.stdout.write(JSON.stringify(loaded));`;
  const done = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect(done.stderr).toBe("");
  const loaded = JSON.parse(done.stdout) as string[];
  expect(loaded.length).toBeGreaterThan(50);
  const heavy =
    /grpc|protobufjs|prom-client|classic-level|\/level\/|\/cluster\/(log|raft|machine)\/|\/services\//;
  expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
});
