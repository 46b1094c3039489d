// test: reads the sources of the project as a table of facts: kind, imports, functions and their lengths.
// Knows no rule.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync, Visitor } from "oxc-parser";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface FunctionFact {
  name: string;
  line: number;
  lines: number;
}

export interface SourceFile {
  path: string;
  text: string;
  lines: string[];
  /** "core", "shell", "port", "adapter", "test", "entry"; "" when the first line does not say. */
  kind: string;
  /** Paths of our own files, from the project's root. */
  imports: string[];
  /** Module names of others: "node:fs", "pino". */
  packages: string[];
  functions: FunctionFact[];
  isAsync: boolean;
  hasDefaultExport: boolean;
}

const folders = "base,proto,cluster,services,client,streams,connect,testing,cli,bench,scripts,test";

export function readTree(): SourceFile[] {
  const paths = globSync(`{${folders}}/**/*.ts`, {
    cwd: root,
    exclude: (name) => name.includes("node_modules"),
  });
  return paths
    .map((path) => path.split("\\").join("/"))
    .filter((path) => !path.includes("/generated/"))
    .sort()
    .map(readFile);
}

function readFile(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const parsed = parseSync(path, text);
  if (parsed.errors.length > 0) throw new Error(`${path} does not parse: ${parsed.errors[0]!.message}`);
  const names = [...parsed.module.staticImports.map((item) => item.moduleRequest.value)];
  for (const item of parsed.module.staticExports) {
    for (const entry of item.entries) if (entry.moduleRequest) names.push(entry.moduleRequest.value);
  }
  for (const item of parsed.module.dynamicImports) {
    const name = text.slice(item.moduleRequest.start, item.moduleRequest.end);
    if (/^["'].*["']$/.test(name)) names.push(name.slice(1, -1));
  }
  const own = names.filter((name) => name.startsWith("."));
  return {
    path,
    text,
    lines,
    kind: /^\/\/ (core|shell|port|adapter|test|entry): /.exec(lines[0] ?? "")?.[1] ?? "",
    imports: [
      ...new Set(
        own.map((name) =>
          normalize(join(dirname(path), name))
            .split("\\")
            .join("/"),
        ),
      ),
    ],
    packages: [...new Set(names.filter((name) => !name.startsWith(".")))],
    ...readFunctions(parsed.program, text),
    hasDefaultExport: parsed.module.staticExports.some((item) =>
      item.entries.some((entry) => entry.exportName.kind === "Default"),
    ),
  };
}

function readFunctions(program: unknown, text: string): { functions: FunctionFact[]; isAsync: boolean } {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const lineOf = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
  const functions: FunctionFact[] = [];
  let isAsync = false;
  const note = (node: {
    start: number;
    end: number;
    async?: boolean;
    id?: { name: string } | null;
  }): void => {
    const line = lineOf(node.start);
    functions.push({ name: node.id?.name ?? "(function)", line, lines: lineOf(node.end) - line + 1 });
    if (node.async) isAsync = true;
  };
  new Visitor({
    FunctionDeclaration: note,
    FunctionExpression: note,
    ArrowFunctionExpression: note,
    AwaitExpression: () => {
      isAsync = true;
    },
  } as ConstructorParameters<typeof Visitor>[0]).visit(program as Parameters<Visitor["visit"]>[0]);
  return { functions, isAsync };
}
