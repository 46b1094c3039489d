// test: `npm run sim`: any number of fresh seeds, or one again; planted bugs. Exit code 0: all passed; 1:
// something was never reached; 2: wrong usage; 3: the product failed by itself; 4: it got stuck; 5: a promise
// was broken.
import { parseArgs } from "node:util";
import { freshSeeds } from "./fresh-seeds.ts";
import { huntMutants, replayMutants } from "./mutants.ts";
import { exitCodes, type Outcome } from "./outcome.ts";
import { failureText, reportOf } from "./report.ts";
import { runSeeds } from "./runner.ts";
import { traceSeed } from "./trace-seed.ts";

const usage = `npm run sim -- [options]
  --seeds N       so many fresh seeds (default 100)
  --from TEXT     take seeds TEXT-0, TEXT-1, ... instead of fresh ones; those that begin with groups-,
                  compaction-, disks-, elections- or voters- are aimed at that
  --seed S        this one; with --trace every event of it
  --jobs N        processes at a time (default 2)
  --json          one line of JSON an outcome, instead of tables
  --mutants       every planted bug with its recorded seed
  --hunt          look for seeds that catch the planted bugs, at most --seeds (default 200) each
  --renew         with --hunt: only those that their recorded seeds do not catch any more
  --only TEXT     only planted bugs whose name contains it`;

function options() {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      from: { type: "string" },
      seed: { type: "string" },
      trace: { type: "boolean", default: false },
      jobs: { type: "string", default: "2" },
      json: { type: "boolean", default: false },
      mutants: { type: "boolean", default: false },
      hunt: { type: "boolean", default: false },
      renew: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      help: { type: "boolean", default: false },
    },
  });
  const count = (name: string, text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1)
      throw new Error(`--${name} ${text}: it must be a whole number above 0`);
    return value;
  };
  const seeds = count("seeds", values.seeds ?? (values.hunt ? "200" : "100"));
  return { ...values, seeds, jobs: count("jobs", values.jobs) };
}

async function run(given: ReturnType<typeof options>): Promise<number> {
  if (given.help) {
    console.log(usage);
    return 0;
  }
  if (given.hunt) return (await huntMutants(given)) ? 0 : 1;
  if (given.mutants) return (await replayMutants(given)) ? 0 : 1;
  if (given.seed !== undefined && given.trace) return traceSeed(given.seed);
  const seeds = given.seed !== undefined ? [given.seed] : freshSeeds(given.seeds, given.from);
  let done = 0;
  const onOutcome = (outcome: Outcome): void => {
    done++;
    if (given.json) console.log(JSON.stringify(outcome));
    else if (outcome.failure !== null) console.error(`${failureText(outcome)}\n`);
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${seeds.length} `);
  };
  const outcomes = await runSeeds({ seeds, jobs: given.jobs, onOutcome });
  const { text, failures, missing } = reportOf(outcomes);
  if (!given.json) console.log(text);
  const worst = Math.max(0, ...failures.map(({ failure }) => exitCodes[failure!.kind]));
  return worst > 0 ? worst : missing.length > 0 ? 1 : 0;
}

const told = (error: unknown): string => `sim: ${error instanceof Error ? error.message : error}`;

async function main(): Promise<number> {
  let given: ReturnType<typeof options>;
  try {
    given = options();
  } catch (error) {
    console.error(`${told(error)}\n\n${usage}`);
    return 2;
  }
  try {
    return await run(given);
  } catch (error) {
    console.error(told(error));
    return 2;
  }
}

process.exitCode = await main();
