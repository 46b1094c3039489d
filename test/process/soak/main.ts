// test: `npm run soak`: mixed load under kills, pauses and cuts for as long as is asked. Exit code 0: all
// held; 1: something did not; 2: wrong usage.
import { parseArgs } from "node:util";
import { memoryGrowthMax, runSoak, type SoakRow, type SoakVerdict } from "./run.ts";

const usage = `npm run soak -- [options]
  --minutes N   how long (default 30)
  --seed N      which troubles (default: from the clock, and printed)
  --rate N      records a second (default 300)
  --every N     seconds from one trouble to the next (default 10)
  --json        one line of JSON instead of tables`;

function options() {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "30" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      rate: { type: "string", default: "300" },
      every: { type: "string", default: "10" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const positive = (name: "minutes" | "seed" | "rate" | "every"): number => {
    const value = Number(values[name]);
    if (!(value > 0)) throw new Error(`--${name} ${values[name]}: it must be a number above 0`);
    return value;
  };
  return {
    minutes: positive("minutes"),
    seed: positive("seed"),
    rate: positive("rate"),
    every: positive("every"),
    json: values.json,
    help: values.help,
  };
}

function rowText({ second, trouble, acknowledged, gapMs, memoryMb }: SoakRow): string {
  const time = `${Math.floor(second / 60)}:${String(second % 60).padStart(2, "0")}`;
  const cells = [
    time.padStart(6),
    String(acknowledged).padStart(12),
    String(gapMs).padStart(8),
    memoryMb.join(" ").padStart(12),
  ];
  return `${cells.join("")}  ${trouble}`;
}

function verdictText(verdict: SoakVerdict): string {
  const sum = (what: "duplicated" | "outOfOrder" | "foreign"): number =>
    verdict.readers.reduce((total, findings) => total + findings[what], 0);
  const growth = Object.entries(verdict.memoryGrowth).map(([name, bytes]) => {
    const text = bytes === null ? "run too short to say" : `${(bytes / 1024 / 1024).toFixed(2)} MB`;
    return [`memory growth, ${name}`, `${text} (below ${memoryGrowthMax / 1024 / 1024} MB wanted)`];
  });
  const rows = [
    ["seed", verdict.seed],
    [
      "troubles",
      Object.entries(verdict.troubles)
        .map(([kind, count]) => `${count} ${kind}`)
        .join(", "),
    ],
    ["sent", verdict.sent],
    ["acknowledged", verdict.acknowledged],
    ["read by each reader", verdict.readers.map(({ read }) => read).join(", ")],
    ["missing", verdict.missing.length === 0 ? 0 : `at least ${verdict.missing.join(" ")}`],
    ["duplicated", sum("duplicated")],
    ["out of order", sum("outOfOrder")],
    ["foreign", sum("foreign")],
    ["longest gap", `${verdict.longestGapMs} ms`],
    ["brokers that died", verdict.died.join("; ") || 0],
    ...growth,
    [
      "failed deliveries",
      Object.entries(verdict.failures)
        .map(([text, n]) => `${n} x ${text}`)
        .join("; ") || 0,
    ],
    ["verdict", verdict.holds ? "holds" : "DOES NOT HOLD"],
  ];
  const examples = verdict.readers.flatMap((findings) => findings.examples).slice(0, 10);
  return [...rows.map(([name, value]) => `${String(name).padEnd(28)}${value}`), ...examples].join("\n");
}

async function main(): Promise<number> {
  const given = options();
  if (given.help) {
    console.log(usage);
    return 0;
  }
  if (!given.json) console.log("  time acknowledged  gap ms   memory MB  trouble");
  const verdict = await runSoak({
    minutes: given.minutes,
    seed: given.seed,
    perSecond: given.rate,
    troubleEveryMs: given.every * 1_000,
    warmUpMinutes: Math.min(10, given.minutes / 3),
    onRow: (row) => {
      if (!given.json) console.log(rowText(row));
    },
  });
  console.log(given.json ? JSON.stringify(verdict) : `\n${verdictText(verdict)}`);
  return verdict.holds ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`soak: ${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exitCode = 2;
}
