// test: holds the tree to its design: folders, import rules, kinds of files, sizes, names. The rules stand in
// tidy/rules.ts.
import { describe, expect, it } from "vitest";
import * as rules from "./tidy/rules.ts";
import { readTree, type SourceFile } from "./tidy/source-tree.ts";

const tree = readTree();
const byPath = new Map(tree.map((file) => [file.path, file]));

/** Findings that no exemption covers. */
function unexcused(rule: string, findings: { path: string; size: number; text: string }[]): string[] {
  return findings
    .filter((finding) => {
      const exemption = rules.exemptions.find((item) => item.path === finding.path && item.rule === rule);
      return exemption === undefined || finding.size > exemption.allows;
    })
    .map((finding) => finding.text);
}

function folderRule(path: string): string {
  const folders = Object.keys(rules.mayImport).filter((folder) => path.startsWith(`${folder}/`));
  return folders.sort((a, b) => b.length - a.length)[0] ?? "";
}

function mayImport(from: SourceFile, to: string): boolean {
  const folder = folderRule(from.path);
  if (to.startsWith(`${folder}/`) && folderRule(to) === folder) return true;
  return rules.mayImport[folder]?.some((allowed) => to.startsWith(`${allowed}/`)) ?? false;
}

const isTestFile = (file: SourceFile): boolean =>
  file.path.endsWith(".test.ts") || file.path.startsWith("test/");
const isOutside = (file: SourceFile): boolean => ["adapter", "entry", "test"].includes(file.kind);

describe("the tree", () => {
  it("has sources to judge", () => {
    expect(tree.length).toBeGreaterThan(50);
  });

  it("says on the first line of each file what kind it is", () => {
    expect(tree.filter((file) => file.kind === "").map((file) => file.path)).toEqual([]);
    expect(
      tree.filter((file) => isTestFile(file) !== (file.kind === "test")).map((file) => file.path),
    ).toEqual([]);
  });

  it("imports only along the arrows of the design", () => {
    const wrong = tree
      .filter((file) => !isTestFile(file))
      .flatMap((file) =>
        file.imports.filter((to) => !mayImport(file, to)).map((to) => `${file.path} -> ${to}`),
      );
    expect(wrong).toEqual([]);
  });

  it("imports only files that exist", () => {
    const wrong = tree.flatMap((file) =>
      file.imports
        .filter(
          (to) =>
            !byPath.has(to) && !to.includes("/generated/") && !to.endsWith(".mjs") && !to.endsWith(".js"),
        )
        .map((to) => `${file.path} -> ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it("has no import cycles, types included", () => {
    expect(findCycles()).toEqual([]);
  });

  it("touches Node, time, entropy and packages only in adapters and entries", () => {
    const inner = tree.filter((file) => !isTestFile(file) && !isOutside(file));
    const packages = inner.flatMap((file) =>
      file.packages
        .filter((name) => !rules.purePackages.includes(name))
        .map((name) => `${file.path} -> ${name}`),
    );
    expect(packages).toEqual([]);
    const ambient = inner.flatMap((file) =>
      file.lines
        .map((line, index) => ({ line: line.replace(/\/\/.*$|^\s*\*.*$/, ""), at: index + 1 }))
        .filter(({ line }) => rules.ambient.some((pattern) => pattern.test(line)))
        .map(({ at }) => `${file.path}:${at}`),
    );
    expect(ambient).toEqual([]);
  });

  it("binds the real environment only where the design says", () => {
    const wrong = tree
      .filter((file) => !file.path.startsWith("base/real/") && !isTestFile(file))
      .filter((file) => file.imports.some((to) => to.startsWith("base/real/")))
      .filter((file) => !rules.bindsRealEnv.some((place) => file.path.startsWith(place)))
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  it("keeps cores pure and ports free of code", () => {
    const wrong = tree.flatMap((file) => {
      if (file.kind === "core" && file.isAsync) return [`${file.path}: a core is not async`];
      if (file.kind === "core") {
        const shells = file.imports.filter((to) => ["shell", "adapter"].includes(byPath.get(to)?.kind ?? ""));
        return shells.map((to) => `${file.path}: a core imports ${to}`);
      }
      if (file.kind === "port" && file.functions.length > 0) return [`${file.path}: a port has no code`];
      return [];
    });
    expect(wrong).toEqual([]);
  });

  it("keeps files, functions and lines small", () => {
    const files = tree.map((file) => ({ path: file.path, size: file.lines.length }));
    const longFiles = files.filter((file) => file.size > rules.sizes.fileLines);
    const longFunctions = tree.flatMap((file) =>
      file.kind === "test"
        ? []
        : file.functions
            .filter((item) => item.lines > rules.sizes.functionLines)
            .map((item) => ({
              path: file.path,
              size: item.lines,
              text: `${file.path}:${item.line}: ${item.lines}`,
            })),
    );
    const longLines = tree.flatMap((file) =>
      file.lines
        .map((line, index) => ({ path: file.path, size: line.length, text: `${file.path}:${index + 1}` }))
        .filter((line) => line.size > rules.sizes.lineLength),
    );
    const fileTexts = longFiles.map((file) => ({ ...file, text: `${file.path}: ${file.size} lines` }));
    expect(unexcused("file", fileTexts)).toEqual([]);
    expect(unexcused("function", longFunctions)).toEqual([]);
    expect(unexcused("line", longLines)).toEqual([]);
  });

  it("names files for one idea, without default exports and barrels", () => {
    const wrong = tree.flatMap((file) => {
      const name = file.path
        .split("/")
        .at(-1)!
        .replace(/(\.test)?\.ts$/, "");
      const found: string[] = [];
      if (name.split(/[-.]/).some((part) => rules.bannedNameParts.includes(part)))
        found.push(`${file.path}: name`);
      if (file.hasDefaultExport) found.push(`${file.path}: default export`);
      if (name === "index" && !rules.barrels.includes(file.path)) found.push(`${file.path}: barrel`);
      return found;
    });
    expect(wrong).toEqual([]);
  });

  it("has no exemption that is not needed", () => {
    const stale = rules.exemptions.filter((item) => !byPath.has(item.path)).map((item) => item.path);
    expect(stale).toEqual([]);
  });
});

function findCycles(): string[] {
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      return;
    }
    state.set(path, "open");
    for (const next of byPath.get(path)?.imports ?? []) visit(next, [...trail, path]);
    state.set(path, "done");
  };
  for (const file of tree) visit(file.path, []);
  return cycles;
}
