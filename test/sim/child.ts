// test: runs the seeds it is told, one after another, in a process of its own, and writes one line of JSON
// for each. While it runs, ambient time, timers and entropy throw.
import { forbidAmbient } from "../../base/virtual/ambient.ts";
import { runSeed } from "./run.ts";

const [mode, ...seeds] = process.argv.slice(2);
const isTracing = mode === "trace";
forbidAmbient();
for (const seed of seeds) {
  const options = isTracing ? { seed, onTrace: (line: string) => console.log(line) } : { seed };
  const outcome = await runSeed(options);
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
process.exit(0);
