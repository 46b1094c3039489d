// entry: what `perf script` prints, as a table of what the CPU went to. docs/bench/ says how to record.
//
//     perf script -i perf.data -F comm,pid,tid,ip,sym,dso | node bench/profile-table.ts PID,PID,PID
import { readFileSync } from "node:fs";
import { countAreas, samplesOf } from "./measure/cpu-areas.ts";

const pids = new Set((process.argv[2] ?? "").split(",").filter(Boolean).map(Number));
const samples = [...samplesOf(readFileSync(0, "latin1").split("\n"))];
const chosen = pids.size === 0 ? samples : samples.filter(({ pid }) => pids.has(pid));
if (chosen.length === 0) {
  console.error("no samples: give the output of perf script, and the pids of the brokers as the argument");
  process.exit(1);
}
console.log("| area | share |\n| --- | --- |");
for (const { area, samples: count } of countAreas(chosen)) {
  const share = (100 * count) / chosen.length;
  if (share >= 0.1) console.log(`| ${area} | ${share.toFixed(1)} % |`);
}
