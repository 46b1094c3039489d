// adapter: runs a load in a process of its own.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LoadResult, LoadSpec } from "./load-spec.ts";

/** In the package the sources are JavaScript. */
const main = fileURLToPath(
  new URL(`./load-main.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url),
);

/** Rejects when the load could not be run, or met a single error. */
export async function runLoad(spec: LoadSpec): Promise<LoadResult> {
  const child = fork(main, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const result = await new Promise<LoadResult | { failed: string }>((resolve, reject) => {
    child.once("message", (message) => resolve(message as LoadResult));
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`the load process ended with ${signal ?? code}`)));
    child.send(spec);
  });
  if ("failed" in result) throw new Error(`the load did not run: ${result.failed}`);
  const errors = Object.entries(result.errors);
  if (errors.length > 0) {
    throw new Error(`the load met errors: ${errors.map(([name, times]) => `${name} (${times})`).join(", ")}`);
  }
  return result;
}
