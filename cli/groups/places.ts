// core: groups and partitions as they are named on a command line: `orders`, `orders:0,2`, `orders:4`.
import { UsageError } from "../usage-error.ts";

/** Partitions of a topic; null: all. */
export interface TopicPlaces {
  readonly topic: string;
  readonly partitions: readonly number[] | null;
}

const groupIdBytesMax = 32_767;
const topicName = /^[a-zA-Z0-9._-]{1,249}$/;
const partitionMax = 2 ** 31 - 1;

/** Throws UsageError for what can be no group's id. */
export function groupName(text: string): string {
  if (text === "") throw new UsageError("the group id is empty; name a group");
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= groupIdBytesMax) return text;
  const shown = JSON.stringify(`${text.slice(0, 40)}...`);
  throw new UsageError(`the group id ${shown} has ${bytes} bytes; at most ${groupIdBytesMax} are possible`);
}

/** For arguments that may be repeated. */
export function groupNames(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), groupName(text)];
}

/** `topic` or `topic:0,2`. Throws UsageError. */
export function topicPlaces(
  text: string,
  before: readonly TopicPlaces[] | undefined,
): readonly TopicPlaces[] {
  const [topic, list, ...rest] = text.split(":");
  if (!topicName.test(topic!) || rest.length > 0)
    throw new UsageError(`${JSON.stringify(text)} is no topic; it should be like orders, or orders:0,2`);
  if (list === undefined) return [...(before ?? []), { topic: topic!, partitions: null }];
  return [
    ...(before ?? []),
    { topic: topic!, partitions: [...new Set(list.split(",").map((one) => number(one, text)))] },
  ];
}

/** `topic:partition`. Throws UsageError. */
export function onePlace(text: string): { readonly topic: string; readonly partition: number } {
  const [{ topic, partitions }] = topicPlaces(text, undefined) as [TopicPlaces];
  const partition = partitions?.[0];
  if (partition !== undefined && partitions!.length === 1) return { topic, partition };
  throw new UsageError(`${JSON.stringify(text)} should be a topic and one partition, like orders:0`);
}

function number(text: string, whole: string): number {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value <= partitionMax) return value;
  throw new UsageError(
    `${JSON.stringify(whole)}: ${JSON.stringify(text)} is no partition; it should be like orders:0,2`,
  );
}
