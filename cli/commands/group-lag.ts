// adapter: `ottla group lag`: how far groups are behind, once or again and again.
import type { Command } from "commander";
import type { Admin, GroupLag } from "../../client/index.ts";
import { groupNames } from "../groups/places.ts";
import { lagSummary, lagTable, stateLine } from "../output/group-tables.ts";
import { print, printJson, progress } from "../output/table.ts";
import { withAdmin } from "./connect.ts";
import { type ClusterOptions, wholeNumber, withCluster } from "./options.ts";

interface LagOptions extends ClusterOptions {
  watch?: number;
}

export function addGroupLagCommand(group: Command): void {
  withCluster(group.command("lag"))
    .argument(
      "[group...]",
      "these groups, partition by partition (default: a line for each group)",
      groupNames,
    )
    .description("how far groups are behind the ends of the logs")
    .option("--watch <seconds>", "again and again, until Ctrl-C", wholeNumber(1, 86_400))
    .action(lag);
}

async function lag(groups: string[], options: LagOptions): Promise<void> {
  const { watch } = options;
  await withAdmin(options, async (admin) => {
    if (watch === undefined) return show(await lookUp(admin, groups), groups.length > 0, options);
    const stop = new AbortController();
    process.once("SIGINT", () => stop.abort());
    process.once("SIGTERM", () => stop.abort());
    const stopped = aborted(stop.signal);
    while (!stop.signal.aborted) {
      try {
        const found = await Promise.race([lookUp(admin, groups), stopped]);
        if (found !== null) show(found, groups.length > 0, options);
      } catch (error) {
        // A watcher outlives the trouble of the cluster it watches.
        if (!isPassing(error)) throw error;
        progress(`ottla: ${error.message}`);
      }
      await pause(watch * 1_000, stop.signal);
    }
  });
}

async function lookUp(admin: Admin, groups: readonly string[]): Promise<GroupLag[]> {
  if (groups.length > 0) return await admin.groupLags(groups);
  const all = await admin.listGroups();
  const ofConsumers = all.filter(({ type, protocolType }) => {
    const isConsumers = protocolType === "consumer" || protocolType === "";
    return (type === "classic" || type === "consumer") && isConsumers;
  });
  // One that was deleted since is no error.
  return await admin.groupLags(
    ofConsumers.map(({ groupId }) => groupId),
    { skipMissing: true },
  );
}

function show(lags: readonly GroupLag[], isByPartition: boolean, options: LagOptions): void {
  const time = new Date().toISOString();
  const isRepeated = options.watch !== undefined;
  if (options.json && isRepeated) print(JSON.stringify({ time, groups: lags }));
  else if (options.json) printJson(lags);
  else {
    if (isRepeated) print(time);
    print(isByPartition ? lags.map(partitionsText).join("\n") : lagSummary(lags));
  }
}

function partitionsText({ groupId, group, lag: sum, partitions }: GroupLag): string {
  const title = group === null ? `group ${groupId}` : stateLine(group);
  return `${title}  lag ${sum}\n${lagTable(partitions)}`;
}

function isPassing(error: unknown): error is Error {
  return error instanceof Error && "retriable" in error && error.retriable === true;
}

/** Resolves with null once it is aborted. */
function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(null), { once: true }));
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal.addEventListener("abort", end);
  });
}
