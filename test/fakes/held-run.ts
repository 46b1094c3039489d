// test: a run over one topic `t` whose handlers end when the test says so.
import { type Deferred, deferred } from "../../base/waits.ts";
import type { EachRecordOptions, RecordContext } from "../../client/run/run-options.ts";
import { type FakeRecord, FakeRunWorld } from "./fake-run.ts";

type RecordOptions = EachRecordOptions<FakeRecord>;

/** A handler whose calls end when the test says so, by value. */
function heldHandler() {
  const calls = new Map<string, { record: FakeRecord; context: RecordContext; end: Deferred<void> }>();
  const begun: string[] = [];
  const eachRecord = (record: FakeRecord, context: RecordContext): Promise<void> => {
    const end = deferred<void>();
    begun.push(record.value);
    calls.set(record.value, { record, context, end });
    return end.promise;
  };
  return { calls, begun, eachRecord, end: (value: string) => calls.get(value)!.end.resolve() };
}

/** The values of the topic, or keys and values, over its partitions in turn. */
export function heldRun(values: readonly (string | [string | null, string])[], partitions = 1) {
  const fake = new FakeRunWorld(7, { t: partitions });
  values.forEach((item, at) => {
    const [key, value] = typeof item === "string" ? [null, item] : item;
    fake.append("t", { key, value, partition: at % partitions });
  });
  const consumer = fake.consumer(["t"]);
  const handler = heldHandler();
  const run = (options: Partial<RecordOptions> = {}) => {
    const runner = consumer.runner({ eachRecord: handler.eachRecord, ...options } as RecordOptions);
    const ended = runner.start(["t"]);
    ended.catch(() => {});
    return { runner, ended };
  };
  return {
    fake,
    consumer,
    handler,
    run,
    world: fake.world,
    processed: () => consumer.owned.get("t 0")!.processed,
  };
}
