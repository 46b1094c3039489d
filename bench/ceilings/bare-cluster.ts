// adapter: a bare program as a cluster: one process for each broker that it stands for, new for each turn,
// its files gone afterwards.
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchCluster } from "../systems/bench-cluster.ts";
import type { BareMember, BareTransport, FromBare, ToBare } from "./bare-spec.ts";

/** In the package the sources are JavaScript. */
const main = fileURLToPath(
  new URL(`./bare-main.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url),
);

export type BareCluster = Pick<BenchCluster, "bootstrap" | "pids">;

export async function withBare<Result>(
  options: { transport: BareTransport; processes: number; partitions: number; topic: string; data: string },
  work: (cluster: BareCluster) => Promise<Result>,
): Promise<Result> {
  const { data, processes, ...shape } = options;
  const path = mkdtempSync(join(data, "ceiling-"));
  const children = Array.from({ length: processes }, () =>
    fork(main, { stdio: ["ignore", "inherit", "inherit", "ipc"] }),
  );
  try {
    const members = await Promise.all(
      children.map(async (child, place): Promise<BareMember> => {
        const folder = join(path, String(place));
        mkdirSync(folder);
        const told = heard(child, "listening");
        child.send({ spec: { ...shape, processes, place, folder } } satisfies ToBare);
        return (await told).listening;
      }),
    );
    await Promise.all(
      children.map(async (child) => {
        const told = heard(child, "isReady");
        child.send({ members } satisfies ToBare);
        await told;
      }),
    );
    return await work({
      bootstrap: members.map(({ clientPort }) => `127.0.0.1:${clientPort}`).join(","),
      pids: () => new Map(children.map(({ pid }, place) => [place, pid ?? 0])),
    });
  } finally {
    await Promise.all(children.map(ended));
    rmSync(path, { recursive: true, force: true });
  }
}

type Told<Key extends string> = Extract<FromBare, Record<Key, unknown>>;

function heard<Key extends "listening" | "isReady">(child: ChildProcess, key: Key): Promise<Told<Key>> {
  return new Promise((resolve, reject) => {
    child.on("message", (message: FromBare) => {
      if (key in message) resolve(message as Told<Key>);
    });
    child.once("exit", (code) => reject(new Error(`a process of the bare program ended with ${code}`)));
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}
