#!/usr/bin/env node
// entry: the `ottla` command. Runs the TypeScript sources as they stand in a clone, and the build when installed as a package.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const [major] = process.versions.node.split(".").map(Number);

if (major < 24) {
  // A clone brings its own Node 24 as a dev dependency: use it when the machine's is older.
  const own = at("../node_modules/node/bin/node");
  if (existsSync(own) && !process.env.OTTLA_NODE) {
    const run = spawn(own, [at("./ottla.mjs"), ...process.argv.slice(2)], {
      stdio: "inherit",
      env: { ...process.env, OTTLA_NODE: own },
    });
    // Whoever ends this process means the one that does the work. Ctrl-C reaches both by itself.
    for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"])
      process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY) || run.kill(signal));
    const [code] = await once(run, "exit");
    process.exit(code ?? 1);
  }
  process.stderr.write(`ottla: Node ${process.versions.node} is too old: Ottla needs Node 24 or newer.\n`);
  process.exit(2);
}

// Sixteen file syncs run at once; libuv reads this when its thread pool starts, at the first asynchronous file operation.
process.env.UV_THREADPOOL_SIZE ??= "16";

// The second start on a machine reads what the first compiled: a third of the time of loading.
module.enableCompileCache();

// OTTLA_BUILT=1 runs the build of a clone, to measure what users get.
const source = at("../cli/main.ts");
const { main } = await import(
  existsSync(source) && !process.env.OTTLA_BUILT ? source : at("../dist/run/main.js")
);
await main(process.argv.slice(2));
