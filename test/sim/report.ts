// test: the outcome of many runs as text for people.
import { notReached, type Totals, totalsOf } from "./counts.ts";
import type { Outcome } from "./outcome.ts";

export interface Report {
  text: string;
  totals: Totals;
  failures: Outcome[];
  missing: string[];
}

export function reportOf(outcomes: readonly Outcome[]): Report {
  const totals = totalsOf(outcomes);
  const failures = outcomes.filter(({ failure }) => failure !== null);
  const missing = notReached(totals);
  const seconds = Math.round(totals.virtualMs / 1_000).toLocaleString("en");
  const lines = [
    `${totals.seeds} seeds, ${seconds} s of virtual time: ${failures.length} failed`,
    "",
    ...columns("what happened", totals.counts),
    "",
    ...columns("what was checked, and how often", totals.checks),
  ];
  for (const line of missing) lines.push("", `NOT REACHED: ${line}`);
  for (const outcome of failures.slice(0, 5)) lines.push("", failureText(outcome));
  if (failures.length > 5) lines.push("", `and ${failures.length - 5} more: ${seedsOf(failures.slice(5))}`);
  return { text: lines.join("\n"), totals, failures, missing };
}

export function failureText({ seed, failure }: Outcome): string {
  if (failure === null) return `seed ${seed} passed`;
  const { kind, invariant, message, phase, timeMs, log } = failure;
  return [
    `FAILED seed ${seed} (${kind}), phase ${phase}, virtual time ${timeMs.toFixed(3)} ms`,
    `  ${invariant}`,
    indent(message),
    "  what the nodes logged last:",
    indent(
      log
        .split("\n")
        .slice(-25)
        .map((line) => line.slice(0, 220))
        .join("\n"),
    ),
    `  again: npm run sim -- --seed ${seed}    every event of it: npm run sim -- --seed ${seed} --trace`,
  ].join("\n");
}

function columns(title: string, counts: ReadonlyMap<string, number>): string[] {
  const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  const width = Math.max(...rows.map(([name]) => name.length), title.length);
  return [
    title,
    ...rows.map(([name, count]) => `  ${name.padEnd(width)} ${count.toLocaleString("en").padStart(12)}`),
  ];
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}

function seedsOf(outcomes: readonly Outcome[]): string {
  return outcomes.map(({ seed }) => seed).join(" ");
}
