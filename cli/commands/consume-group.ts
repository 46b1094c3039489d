// adapter: `ottla consume --group`: records that a group gives this member, to standard output. Keeps true:
// what is committed was printed.
import type { ConsumerRecord } from "../../client/index.ts";
import { printed } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";
import { withAdmin } from "./connect.ts";
import type { ClusterOptions } from "./options.ts";

export const groupProtocols = ["auto", "classic", "consumer"] as const;

export interface GroupConsumeOptions extends ClusterOptions {
  group?: string;
  protocol?: (typeof groupProtocols)[number];
  fromBeginning?: boolean;
  max?: number;
  rack?: string;
}

/** Options that name a place; where a group reads is what it has committed. */
const placeOptions = {
  fromOffset: "--from-offset",
  fromTime: "--from-time",
  partition: "--partition",
  toEnd: "--to-end",
  toOffset: "--to-offset",
  toTime: "--to-time",
  exact: "--exact",
  inOrder: "--in-order",
} as const;

/** Throws UsageError for what makes no sense with a group, or without one. */
export function checkGroupUse(
  topics: readonly string[],
  options: GroupConsumeOptions & { readonly [K in keyof typeof placeOptions]?: unknown },
): void {
  if (options.group === undefined) {
    if (options.protocol !== undefined) throw new UsageError("--protocol goes with --group");
    if (topics.length > 1) throw new UsageError("several topics are read with --group; without it, one");
    return;
  }
  if (options.group === "") throw new UsageError("--group: the group id is empty");
  for (const [name, flag] of Object.entries(placeOptions)) {
    if (options[name as keyof typeof placeOptions] === undefined) continue;
    const text = "a group goes on where it has committed (ottla group reset moves that)";
    throw new UsageError(`${flag} does not go with --group: ${text}`);
  }
}

/** Prints until `max` records were printed or the signal is aborted; then commits and leaves the group. */
export async function consumeGroup(
  topics: readonly string[],
  options: GroupConsumeOptions,
  to: { readonly text: (record: ConsumerRecord) => string; readonly signal: AbortSignal },
): Promise<void> {
  const { Consumer } = await import("../../client/index.ts");
  // A member may wait for a topic that is not there yet; who mistypes a name should be told.
  await withAdmin(options, (admin) => admin.describeTopics(topics));
  const consumer = new Consumer({
    bootstrap: options.bootstrap,
    rack: options.rack ?? "",
    groupId: options.group!,
    groupProtocol: options.protocol ?? "auto",
    offsetReset: options.fromBeginning ? "earliest" : "latest",
    autoCommitIntervalMs: 1_000,
  });
  try {
    await consumer.subscribe([...topics]);
    let seen = 0;
    for await (const record of consumer.records({ signal: to.signal })) {
      // Not committed: nobody has read it.
      if (!(await printed(to.text(record)))) break;
      if (++seen !== options.max) continue;
      // Of the record in hand nobody but this loop knows that it is done.
      await consumer.commit();
      break;
    }
  } finally {
    await consumer.close();
  }
}
