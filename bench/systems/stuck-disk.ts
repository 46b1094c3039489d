// adapter: loaded into a broker process with `node --import`: fsync does not answer while there is a file
// named `stuck` beside the broker's properties.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";

const config = process.argv[process.argv.indexOf("--config") + 1] ?? "";
const marker = join(dirname(config), "stuck");
const real = { ...fs };
const lookAgainMs = 10;

function fsync(descriptor: number, done: (error: Error | null) => void): void {
  if (real.existsSync(marker)) setTimeout(() => fsync(descriptor, done), lookAgainMs);
  else real.fsync(descriptor, done);
}

Object.assign(fs, { fsync });
syncBuiltinESMExports();
