// Counts the lines of a web server's log, minute by minute: status codes, and paths that were slow.
//
// Start it several times: the instances are one group, so that each gets some partitions of the topic, and
// the work is divided anew whenever one comes or goes. A minute is counted right all the same: only whole
// minutes are committed, so whoever takes a partition over begins with the first line of the one not over.
import { ClientError, Consumer, string, type TopicPartition, topic } from "ottla";

/** Lines as nginx writes them, with $request_time at the end:
 *  10.0.0.7 - - [30/Nov/2026:10:03:12 +0000] "GET /orders/17 HTTP/1.1" 200 5120 0.034 */
export const accessLog = topic("access-log", { value: string() });

const linePattern = /"[A-Z]+ (?<path>[^ "?]+)[^"]*" (?<status>\d{3}) \d+ (?<seconds>[\d.]+)$/;
const slowSeconds = 1;
const minuteMs = 60_000;

/** One minute of one partition. */
export interface Minute {
  readonly partition: number;
  /** When it began, in ms since 1970. */
  readonly fromMs: number;
  lines: number;
  /** Lines that are none of a web server's. */
  unreadable: number;
  /** How many lines by status code. */
  readonly statuses: Map<string, number>;
  /** How many slow requests by path. */
  readonly slow: Map<string, number>;
}

export interface Analysis {
  readonly bootstrap: string;
  /** Instances with the same one share the work. */
  readonly groupId?: string;
  /** Aborting it ends the analysis. */
  readonly signal: AbortSignal;
  /** Called when a minute is over: a line of a later one has come in the same partition. */
  readonly onMinute: (minute: Minute) => void;
}

export async function analyseLog({ bootstrap, groupId = "log-analysis", signal, onMinute }: Analysis) {
  /** The minute that is being counted, by partition. */
  const open = new Map<number, Minute>();
  const forget = (places: readonly TopicPartition[]): void => {
    for (const { partition } of places) open.delete(partition);
  };
  await using consumer = new Consumer({
    bootstrap,
    groupId,
    topics: [accessLog],
    offsetReset: "earliest", // a new group begins with the oldest line
    autoCommit: false, // commits only what it says itself, below
    // Whoever has the partition next counts from the last commit: forget what is half done.
    onAssigned: forget,
    onRevoked: forget,
    onLost: forget,
  });
  await consumer.subscribe([accessLog]);
  for await (const { partition, offset, timestamp, value } of consumer.records({ signal })) {
    const fromMs = timestamp - (timestamp % minuteMs);
    let minute = open.get(partition);
    // A line that comes late counts for the minute in which it comes.
    if (minute === undefined || fromMs > minute.fromMs) {
      if (minute !== undefined) {
        onMinute(minute);
        await commit(consumer, partition, offset);
      }
      minute = { partition, fromMs, lines: 0, unreadable: 0, statuses: new Map(), slow: new Map() };
      open.set(partition, minute);
    }
    count(minute, value);
  }
}

/** Everything before this offset is counted. */
async function commit(consumer: Consumer<typeof accessLog>, partition: number, offset: number) {
  try {
    await consumer.commit([{ topic: accessLog.name, partition, offset }]);
  } catch (error) {
    // We were away for so long that the partition is another's by now, who counts that minute again.
    if (!(error instanceof ClientError && error.code === "COMMIT_FENCED")) throw error;
  }
}

function count(minute: Minute, line: string): void {
  minute.lines++;
  const found = linePattern.exec(line)?.groups;
  if (found === undefined) {
    minute.unreadable++;
    return;
  }
  const { path, status, seconds } = found as { path: string; status: string; seconds: string };
  minute.statuses.set(status, (minute.statuses.get(status) ?? 0) + 1);
  if (Number(seconds) >= slowSeconds) minute.slow.set(path, (minute.slow.get(path) ?? 0) + 1);
}

function print({ partition, fromMs, lines, unreadable, statuses, slow }: Minute): void {
  const list = (counts: Map<string, number>) =>
    [...counts]
      .sort(([, one], [, other]) => other - one)
      .map(([name, times]) => `${name}: ${times}`)
      .join(", ");
  const time = new Date(fromMs).toISOString().slice(0, 16);
  console.log(`${time} partition ${partition}: ${lines} lines; ${list(statuses)}`);
  if (slow.size > 0) console.log(`  slow: ${list(slow)}`);
  if (unreadable > 0) console.log(`  unreadable: ${unreadable}`);
}

if (import.meta.main) {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort());
  const bootstrap = process.env.BOOTSTRAP ?? "127.0.0.1:9092";
  await analyseLog({ bootstrap, signal: stop.signal, onMinute: print });
}
