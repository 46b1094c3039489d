// test: seeds that belong to the tree as it is committed: every change is tested on others, never run before,
// and whoever tests the same tree runs the same ones. A red run stays red until its cause is mended.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Aim } from "./aim.ts";
import { freshName, freshSeeds } from "./fresh-seeds.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Fresh ones, where something is not committed or there is no git. */
export function treeSeeds(count: number, aim: Aim | null = null): string[] {
  const changes = git("status", "--porcelain");
  const tree = git("rev-parse", "HEAD^{tree}");
  const isAsCommitted = changes === "" && tree !== null;
  const name = isAsCommitted ? tree.slice(0, 12) : freshName();
  return freshSeeds(count, aim === null ? name : `${aim}-${name}`);
}

function git(...args: readonly string[]): string | null {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}
