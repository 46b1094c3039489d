// adapter: uses all free memory of this machine once. The host of a virtual machine gives it memory page by
// page, at first use, and that costs more than all that is done with the page: whoever writes first would
// pay for it.
import { spawn } from "node:child_process";
import { availableParallelism, freemem } from "node:os";

/** What is left alone, bytes. */
const spared = 4 * 2 ** 30;
const piece = 2 ** 28;

/** In processes of their own, so that all of it is free again afterwards. */
export async function touchMemory(): Promise<void> {
  const processes = availableParallelism();
  const pieces = Math.max(0, Math.floor((freemem() - spared) / processes / piece));
  const script = `
    const kept = [];
    for (let n = 0; n < ${pieces}; n++) {
      const bytes = Buffer.allocUnsafeSlow(${piece});
      for (let at = 0; at < bytes.length; at += 4096) bytes[at] = 1;
      kept.push(bytes);
    }`;
  const one = (): Promise<unknown> =>
    new Promise((resolve) => {
      spawn(process.execPath, ["-e", script], { stdio: "ignore" }).once("exit", resolve);
    });
  await Promise.all(Array.from({ length: processes }, one));
}
