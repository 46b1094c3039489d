// entry: the thread that cleans logs: the work as everywhere, on the real disk, as fast as it is allowed to.
import { parentPort } from "node:worker_threads";
import { realCodecs } from "../../base/real/codecs.ts";
import { realDisk } from "../../base/real/disk.ts";
import { CleaningTrouble } from "../../cluster/log/cleaning/cleaning-trouble.ts";
import type { GatheredKeys, Rewritten } from "../../cluster/log/cleaning/cleaning-work.ts";
import { Pass } from "../../cluster/log/cleaning/pass.ts";
import { RateLimit } from "../../cluster/log/cleaning/rate-limit.ts";
import type { FromThread, ToThread } from "./messages.ts";

/** So much is done before the thread hears whether it is to stop. */
const stepBytes = 256 * 1024;

const port = parentPort!;
const disk = realDisk();
const limit = new RateLimit(0);
const passes = new Map<number, Pass>();

function pace(bytes: number): Promise<void> {
  const delayMs = limit.delayMs(bytes, performance.now());
  return new Promise((resolve) => {
    if (delayMs < 1) setImmediate(resolve);
    else setTimeout(resolve, delayMs);
  });
}

async function answer(call: number, run: () => Promise<GatheredKeys | Rewritten>): Promise<void> {
  let message: FromThread;
  try {
    message = { call, value: await run() };
  } catch (error) {
    if (error instanceof CleaningTrouble) message = { call, trouble: error.parts };
    else message = { call, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  port.postMessage(message);
}

port.on("message", (message: ToThread) => {
  if (message.kind === "rate") {
    limit.bytesPerSecond = message.bytesPerSecond;
    return;
  }
  if (message.kind === "begin") {
    passes.set(message.pass, new Pass(message.job, { disk, codecs: realCodecs, stepBytes, pace }));
    return;
  }
  const pass = passes.get(message.pass);
  if (pass === undefined) return;
  if (message.kind === "gather") void answer(message.call, () => pass.gather());
  else if (message.kind === "rewrite") void answer(message.call, () => pass.rewrite(message.job));
  else {
    pass.end();
    passes.delete(message.pass);
  }
});
