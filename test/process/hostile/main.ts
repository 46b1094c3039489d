// test: `npm run hostile`: mutated requests against a live broker. Exit code 0: all held; 1: something did
// not; 2: wrong usage.
import { parseArgs } from "node:util";
import { runHostile } from "./run.ts";

const usage = `npm run hostile -- [options]
  --count N   how many requests (default 100000)
  --seed N    which (default: from the clock, and printed)
  --json      one line of JSON instead of a table`;

try {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "100000" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  for (const name of ["count", "seed"] as const) {
    if (!(Number.isInteger(Number(values[name])) && Number(values[name]) > 0))
      throw new Error(`--${name} ${values[name]}: it must be a whole number above 0`);
  }
  const verdict = await runHostile({
    count: Number(values.count),
    seed: Number(values.seed),
    onProgress: (sent) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${sent} `);
    },
  });
  if (values.json) console.log(JSON.stringify(verdict));
  else for (const [name, value] of Object.entries(verdict)) console.log(name.padEnd(18), value);
  process.exitCode = verdict.holds ? 0 : 1;
} catch (error) {
  console.error(`hostile: ${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exitCode = 2;
}
