// test: loaded into a broker process with `node --import`: a disk that takes writes and does not answer fsync
// while the file named by OTTLA_TEST_STUCK_DISK exists.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const stuckWhile = process.env.OTTLA_TEST_STUCK_DISK ?? "";
const real = { ...fs };

function fsync(descriptor: number, done: (error: Error | null) => void): void {
  if (stuckWhile !== "" && real.existsSync(stuckWhile)) setTimeout(() => fsync(descriptor, done), 10);
  else real.fsync(descriptor, done);
}

Object.assign(fs, { fsync });
syncBuiltinESMExports();
