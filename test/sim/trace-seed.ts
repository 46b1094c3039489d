// test: one seed with every event of it on standard output, twice if need be: two runs of one seed must give
// the same lines.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { childPath } from "./runner.ts";

/** Answers the exit code of the process that ran it. */
export async function traceSeed(seed: string): Promise<number> {
  const child = spawn(process.execPath, [childPath, "trace", seed], { stdio: "inherit" });
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 1;
}
