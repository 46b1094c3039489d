// test: planted bugs. Each is a patch to product files, kept as a diff in test/sim/mutants with the seeds
// that catch it. A simulation that does not notice them would not notice ours either.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freshName, freshSeeds } from "./fresh-seeds.ts";
import type { Outcome } from "./outcome.ts";
import { runSeeds } from "./runner.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = fileURLToPath(new URL("mutants", import.meta.url));
/** What a simulation needs of the tree. */
const copied = ["base", "proto", "cluster", "services", "client", "test/sim", "package.json"];
const seedsKept = 3;

/** The head of a diff: lines of "# name: value" before the patch. */
export interface Mutant {
  readonly name: string;
  readonly path: string;
  readonly bug: string;
  /** What seeds that look for it are aimed at; empty: nothing. */
  readonly aim: string;
  /** Any of these catches it. */
  readonly seeds: readonly string[];
  /** What it was caught by, for people. */
  readonly caughtBy: string;
}

export function readMutants(only = ""): Mutant[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".diff") && name.includes(only));
  return names.sort().map((file) => {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    const head = (name: string): string => new RegExp(`^# ${name}: (.*)$`, "m").exec(text)?.[1] ?? "";
    const seeds = head("seeds")
      .split(" ")
      .filter((seed) => seed !== "");
    const [bug, aim, caughtBy] = [head("bug"), head("aim"), head("caught by")];
    return { name: file.replace(/\.diff$/, ""), path, bug, aim, seeds, caughtBy };
  });
}

/**
 * Runs `use` with the path of a child.ts whose tree has the bug. Throws when the diff does not fit any more.
 */
export async function withMutant<T>(mutant: Mutant, use: (child: string) => Promise<T>): Promise<T> {
  const tree = mkdtempSync(join(tmpdir(), "ottla-mutant-"));
  try {
    for (const name of copied) {
      const filter = (from: string): boolean => !from.endsWith(".test.ts");
      cpSync(join(root, name), join(tree, name), { recursive: true, filter });
    }
    symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
    const applied = spawnSync("git", ["apply", "--recount", mutant.path], { cwd: tree, encoding: "utf8" });
    if (applied.status !== 0) {
      throw new Error(
        `${mutant.name}.diff does not fit the tree any more: ${applied.stderr}\nplant the bug again by ` +
          "hand, and write `git diff` of it below the head of the file",
      );
    }
    return await use(join(tree, "test/sim/child.ts"));
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/** The first recorded seed that fails, or null. */
export function replay(mutant: Mutant): Promise<Outcome | null> {
  return withMutant(mutant, async (child) => {
    for (const seed of mutant.seeds) {
      const [outcome] = await runSeeds({ seeds: [seed], jobs: 1, child });
      if (outcome?.failure) return outcome;
    }
    return null;
  });
}

export async function replayMutants({ only }: { only: string }): Promise<boolean> {
  let all = true;
  for (const mutant of readMutants(only)) {
    const caught = await replay(mutant);
    if (caught === null) all = false;
    const how = caught === null ? "NOT CAUGHT" : `seed ${caught.seed}: ${caught.failure!.invariant}`;
    console.log(`${mutant.name.padEnd(44)} ${how}`);
  }
  return all;
}

export interface HuntOptions {
  only: string;
  seeds: number;
  jobs: number;
  /** Seeds begin with this; undefined: fresh ones, aimed as the bug's diff says. */
  from?: string | undefined;
  /** Leave alone those whose recorded seeds still catch them. */
  renew: boolean;
}

/** Looks for seeds anew, and writes them down. */
export async function huntMutants(options: HuntOptions): Promise<boolean> {
  let all = true;
  for (const mutant of readMutants(options.only)) {
    if (options.renew && (await stillCaught(mutant))) {
      console.log(`${mutant.name.padEnd(44)} as recorded`);
      continue;
    }
    const seeds = freshSeeds(options.seeds, options.from ?? aimedName(mutant));
    const caught: Outcome[] = [];
    let run = 0;
    await withMutant(mutant, (child) =>
      runSeeds({
        seeds,
        jobs: options.jobs,
        child,
        onOutcome: (outcome) => {
          run++;
          if (outcome.failure !== null) caught.push(outcome);
        },
        isEnough: () => caught.length >= seedsKept,
      }),
    );
    const failing = await failingWithout(caught);
    for (const { seed, failure } of failing) console.log(`${seed} fails without it: ${failure!.message}`);
    const telling = caught.filter(({ seed }) => !failing.some((one) => one.seed === seed));
    if (telling.length === 0 || failing.length > 0) all = false;
    if (telling.length > 0) writeDown(mutant, telling);
    const found = telling.map(({ failure }) => failure!.invariant);
    console.log(
      `${mutant.name.padEnd(44)} ${telling.length} of ${run} seeds: ${[...new Set(found)].join("; ")}`,
    );
  }
  return all;
}

function aimedName({ aim }: Mutant): string {
  return aim === "" ? freshName() : `${aim}-${freshName()}`;
}

async function stillCaught(mutant: Mutant): Promise<boolean> {
  const caught = await replay(mutant);
  return caught !== null && (await failingWithout([caught])).length === 0;
}

/** A seed that fails in the tree as it is tells nothing of the planted bug, but of one of ours. */
async function failingWithout(caught: readonly Outcome[]): Promise<Outcome[]> {
  const outcomes = await runSeeds({ seeds: caught.map(({ seed }) => seed), jobs: 2 });
  return outcomes.filter(({ failure }) => failure !== null);
}

function writeDown(mutant: Mutant, caught: readonly Outcome[]): void {
  const kept = [...caught].slice(0, seedsKept);
  const patch = readFileSync(mutant.path, "utf8").replace(/^#.*\n/gm, "");
  const by = [...new Set(kept.map(({ failure }) => failure!.invariant))].join("; ");
  const seeds = kept.map(({ seed }) => seed).join(" ");
  const aim = mutant.aim === "" ? "" : `# aim: ${mutant.aim}\n`;
  writeFileSync(mutant.path, `# bug: ${mutant.bug}\n${aim}# seeds: ${seeds}\n# caught by: ${by}\n${patch}`);
}
