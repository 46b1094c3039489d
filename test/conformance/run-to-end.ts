// test: runs a command while this process goes on: the brokers of a test may live in it.
import { execFile } from "node:child_process";

const timeoutMs = 30_000;

/** What it prints. Rejects with what it says when it fails. */
export function runToEnd(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: timeoutMs }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ${args.join(" ")}: ${error.message}\n${stderr}`));
    });
  });
}
