// entry: a load process: takes one specification from its parent, runs it, tells the result and ends. A
// process of its own, so that its CPU time counts apart and its event loop is nobody else's.
import type { LoadSpec } from "./load-spec.ts";

async function run(spec: LoadSpec): Promise<unknown> {
  if (spec.kind === "produce") {
    const { runProduceLoad } = await import("./produce-load.ts");
    return runProduceLoad(spec);
  }
  if (spec.kind === "end-to-end") {
    const { runEndToEndLoad } = await import("./end-to-end-load.ts");
    return runEndToEndLoad(spec);
  }
  const { runFetchLoad } = await import("./fetch-load.ts");
  return runFetchLoad(spec);
}

process.once("disconnect", () => process.exit(1));
process.once("message", (spec) => {
  run(spec as LoadSpec)
    .catch((error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) }))
    .then((result) => process.send?.(result, () => process.exit(0)));
});
