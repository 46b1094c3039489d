// entry: a load process: takes one specification from its parent, runs it, tells the result and ends. A
// process of its own, so that its CPU time counts apart and its event loop is nobody else's.
import type { LoadSpec } from "./load-spec.ts";

async function run(spec: LoadSpec): Promise<unknown> {
  switch (spec.kind) {
    case "produce":
      return (await import("./produce-load.ts")).runProduceLoad(spec);
    case "end-to-end":
      return (await import("./end-to-end-load.ts")).runEndToEndLoad(spec);
    case "fetch":
      return (await import("./fetch-load.ts")).runFetchLoad(spec);
    case "commits":
      return (await import("./commit-load.ts")).runCommitLoad(spec);
    case "heartbeats":
      return (await import("./heartbeat-load.ts")).runHeartbeatLoad(spec);
    case "group-read":
      return (await import("./group-read-load.ts")).runGroupReadLoad(spec);
  }
}

process.once("disconnect", () => process.exit(1));
process.once("message", (spec) => {
  run(spec as LoadSpec)
    .catch((error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) }))
    .then((result) => process.send?.(result, () => process.exit(0)));
});
