// entry: makes the publishable package in dist/: JavaScript and types from the sources, the peer protocol
// beside its loader, and command line and library once more in few files.
//
// A broker has three hundred modules: finding and linking them is most of what its start costs. In dist/run/
// they are put together, dependencies left out; what is imported only sometimes stays in files of its own.
// dist/lib/ is the same for those who import the package: client and testing in one, so that a class is the
// same class in both.
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

function run(command: string, args: string[]): void {
  const done = spawnSync(join(root, "node_modules/.bin", command), args, { cwd: root, stdio: "inherit" });
  if (done.status !== 0) {
    process.stderr.write(`build: ${command} ${args.join(" ")} ended with ${done.status}\n`);
    process.exit(1);
  }
}

/** `entries`: names of files in `to`, and the modules they stand for. */
async function putTogether(to: string, entries: Readonly<Record<string, string>>): Promise<void> {
  const folder = join(dist, to);
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(dist, file)])),
    platform: "node",
    external: /^[^./]/,
    plugins: [
      {
        name: "where modules were",
        // Files beside a module are still found from where it was.
        transform(code, id) {
          if (!code.includes("import.meta.url")) return null;
          const place = JSON.stringify(relative(folder, id));
          return code.replaceAll("import.meta.url", `new URL(${place}, import.meta.url).href`);
        },
      },
    ],
  });
  await bundle.write({ dir: folder, format: "esm" });
}

rmSync(dist, { recursive: true, force: true });
run("tsc", ["-p", "tsconfig.build.json"]);
for (const file of globSync("proto/**/*.proto", { cwd: root })) {
  const target = join(dist, file);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(root, file), target);
}
await putTogether("run", { main: "cli/main.js" });
await putTogether("lib", { client: "client/index.js", testing: "testing/index.js" });
if (process.argv.includes("--check")) {
  run("publint", ["--strict"]);
  run("attw", ["--pack", ".", "--profile", "esm-only"]);
}
