// test: the package as users get it: packed, installed in empty projects, and used there. The projects are
// the examples of docs/TESTING.md, and those of groups.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InstalledProject, type PackageFolder, pack, type Ran, root } from "./installed-project.ts";

let folder: PackageFolder;

beforeAll(() => {
  folder = pack();
}, 120_000);

afterAll(() => folder?.remove());

/** What it said, if it ended well; what it said is in the failure otherwise. */
function output(ran: Ran): string {
  expect(ran.status, ran.output).toBe(0);
  return ran.output;
}

function project(name: string, files: string | Record<string, string>, tools: string[] = []) {
  return new InstalledProject(folder, { name, files, tools });
}

describe("the package, installed", { timeout: 120_000 }, () => {
  it("in a TypeScript project: types hold, and its tests with vitest pass", () => {
    const tools = ["typescript", "@types/node", "vitest"];
    const typed = project("typed", join(root, "examples/testing/vitest"), tools);
    expect(output(typed.node("node_modules/typescript/bin/tsc", "--noEmit"))).toBe("");
    expect(output(typed.node("node_modules/vitest/vitest.mjs", "run"))).toMatch(/Tests +4 passed/);
  });

  it("in a JavaScript project: its tests with node:test pass", () => {
    const plain = project("plain", join(root, "examples/testing/node-test"));
    expect(output(plain.node("--test"))).toMatch(/pass 3\b/);
  });

  it("in the examples of groups: types hold, and their tests pass", () => {
    const groups = project("groups", join(root, "examples/groups"), ["typescript", "@types/node"]);
    expect(output(groups.node("node_modules/typescript/bin/tsc", "--noEmit"))).toBe("");
    expect(output(groups.node("--test"))).toMatch(/pass 6\b/);
  });

  it("in a CommonJS project", () => {
    const common = project("commonjs", {
      "package.json": '{ "type": "commonjs" }',
      "main.js": `
        const { Cluster } = require("ottla/testing");
        const { Admin } = require("ottla");
        async function main() {
          const cluster = await Cluster.start({ brokers: 1 });
          const admin = new Admin({ bootstrap: cluster.bootstrap });
          console.log((await admin.describeCluster()).brokers.length);
          await admin.close();
          await cluster.stop();
        }
        main();`,
    });
    expect(output(common.node("main.js"))).toBe("1\n");
  });

  it("loads what is needed: no gRPC and no store with the client, nor with clusters in memory", () => {
    const script = (body: string): string => `
      import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
      ${body}
      console.log(JSON.stringify(loaded));`;
    const empty = project("empty", {
      "package.json": '{ "type": "module" }',
      "client.js": script('await import("ottla");'),
      "testing.js": script(`
        const { Cluster } = await import("ottla/testing");
        await using cluster = await Cluster.start();
        await cluster.createTopic("texts");
        await cluster.producer().send({ topic: "texts", value: "x" });
        await cluster.broker(1).kill();`),
    });
    /** Files of dependencies, and the modules that were put together into those of the package. */
    const loaded = (file: string): string[] => {
      const urls = JSON.parse(output(empty.node(file))) as string[];
      const modules = urls
        .filter((url) => /ottla\/dist\//.test(url))
        .flatMap((url) => [...readFileSync(new URL(url), "utf8").matchAll(/^\/\/ (dist\/\S+\.js)$/gm)])
        .map((match) => match[1]!);
      expect(modules.length).toBeGreaterThan(30);
      return [...urls, ...modules];
    };
    const heavy = /grpc|protobufjs|prom-client|classic-level|\/level\/|\/pino/;
    const [client, testing] = [loaded("client.js"), loaded("testing.js")];
    const own = /(^|ottla\/)dist\/(services|cluster)\//;
    expect(client.filter((one) => heavy.test(one) || own.test(one))).toEqual([]);
    expect(testing.filter((one) => heavy.test(one))).toEqual([]);
    // A cluster in memory has brokers: what the client must not load would be seen.
    expect(testing.filter((one) => own.test(one))).not.toEqual([]);
  });

  it("is imported within 100 ms", () => {
    const timed = project("timed", {
      "package.json": '{ "type": "module" }',
      "time.js": `
        const began = process.cpuUsage();
        await import("ottla");
        const { user, system } = process.cpuUsage(began);
        console.log((user + system) / 1_000);`,
    });
    // Of the processor, and the best of some: what else a machine does says nothing about the package.
    const times = Array.from({ length: 7 }, () => Number(timed.node("time.js").output));
    expect(Math.min(...times)).toBeLessThan(100);
  });

  it("brings its command, with all it needs", () => {
    const command = project("command", { "package.json": "{}" });
    expect(output(command.node("node_modules/ottla/bin/ottla.mjs", "help"))).toContain("ottla dev");
  });
});
