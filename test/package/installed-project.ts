// test: a project of its own in a temporary folder, with the packed package installed in it. The package is
// unpacked from its tarball; its declared dependencies, and no others, are linked from this tree, so that no
// network is needed and an undeclared one is missed.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Ran {
  status: number | null;
  output: string;
}

export interface PackageFolder {
  readonly path: string;
  /** Of the tarball. */
  readonly tarball: string;
  remove(): void;
}

function must(command: string, args: readonly string[], cwd: string): string {
  const done = spawnSync(command, args, { cwd, encoding: "utf8", shell: process.platform === "win32" });
  if (done.status === 0) return done.stdout;
  const said = `${done.stdout}${done.stderr}${done.error ?? ""}`;
  throw new Error(`${command} ${args.join(" ")} ended with ${done.status}:\n${said}`);
}

/** Builds and packs this tree. */
export function pack(): PackageFolder {
  const path = mkdtempSync(join(tmpdir(), "ottla-package-"));
  try {
    must(process.execPath, [join(root, "scripts/build.ts")], root);
    must("npm", ["pack", "--silent", "--ignore-scripts", "--offline", "--pack-destination", path], root);
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const tarball = join(path, `ottla-${version}.tgz`);
    return { path, tarball, remove: () => rmSync(path, { recursive: true, force: true }) };
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    throw error;
  }
}

export class InstalledProject {
  readonly path: string;

  /** `files`: a folder to copy, or contents by name. `tools`: what the project has beside ottla. */
  constructor(
    folder: PackageFolder,
    options: { name: string; files: string | Record<string, string>; tools: string[] },
  ) {
    const { name, files, tools } = options;
    this.path = join(folder.path, name);
    const modules = join(this.path, "node_modules");
    mkdirSync(join(modules, "ottla"), { recursive: true });
    if (typeof files === "string") {
      cpSync(files, this.path, { recursive: true, filter: (from) => !from.includes("node_modules") });
    } else {
      for (const [file, text] of Object.entries(files)) writeFileSync(join(this.path, file), text);
    }
    must("tar", ["-xzf", folder.tarball, "-C", join(modules, "ottla"), "--strip-components=1"], this.path);
    const { dependencies } = JSON.parse(readFileSync(join(modules, "ottla/package.json"), "utf8"));
    for (const dependency of [...Object.keys(dependencies), ...tools]) this.#link(modules, dependency);
  }

  /** Runs Node in the project. */
  node(...args: string[]): Ran {
    const env: NodeJS.ProcessEnv = { ...process.env };
    // What a test runner sets for itself is not for a runner inside it.
    for (const name of Object.keys(env)) if (/^(VITEST|NODE_TEST|NODE_OPTIONS)/.test(name)) delete env[name];
    const done = spawnSync(process.execPath, args, {
      cwd: this.path,
      encoding: "utf8",
      env,
      timeout: 100_000,
    });
    const output = `${done.stdout}${done.stderr}${done.error ?? ""}`;
    return { status: done.status, output: stripVTControlCharacters(output) };
  }

  #link(modules: string, name: string): void {
    const target = join(modules, name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(join(root, "node_modules", name), target, "junction");
  }
}
