// entry: makes the publishable package in dist/: JavaScript and types from the sources, the peer protocol
// beside its loader.
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function run(command: string, args: string[]): void {
  const done = spawnSync(join(root, "node_modules/.bin", command), args, { cwd: root, stdio: "inherit" });
  if (done.status !== 0) {
    process.stderr.write(`build: ${command} ${args.join(" ")} ended with ${done.status}\n`);
    process.exit(1);
  }
}

rmSync(join(root, "dist"), { recursive: true, force: true });
run("tsc", ["-p", "tsconfig.build.json"]);
for (const file of globSync("proto/**/*.proto", { cwd: root })) {
  const target = join(root, "dist", file);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(root, file), target);
}
if (process.argv.includes("--check")) {
  run("publint", ["--strict"]);
  run("attw", ["--pack", ".", "--profile", "esm-only"]);
}
