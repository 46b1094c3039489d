// core: the text of a properties file, as Java reads it: comments, continued lines, escapes, `=`, `:` or a
// blank between name and value.
//
// Source: java.util.Properties.load
import { ConfigError } from "./config-error.ts";

export interface Property {
  readonly name: string;
  readonly value: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

const escapes: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

function resolveEscapes(text: string, line: number): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|.)/gs, (_, code: string) => {
    if (code.length === 5) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (code === "u") throw new ConfigError(`line ${line}: \\u must be followed by four hexadecimal digits`);
    return escapes[code] ?? code;
  });
}

/** True when an odd number of backslashes ends the line: it goes on in the next. */
function isContinued(text: string): boolean {
  const tail = /\\*$/.exec(text)![0];
  return tail.length % 2 === 1;
}

/** In the order of the file; a name that comes again counts again. */
export function parseProperties(text: string): Property[] {
  const lines = text.split(/\r\n|\n|\r/);
  const properties: Property[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1;
    let logical = lines[at]!.trimStart();
    if (logical === "" || logical.startsWith("#") || logical.startsWith("!")) continue;
    while (isContinued(logical) && at + 1 < lines.length) {
      at += 1;
      logical = logical.slice(0, -1) + lines[at]!.trimStart();
    }
    const found = /^((?:\\.|[^\\=:\s])*)(?:\s*[=:]\s*|\s+|$)(.*)$/s.exec(logical)!;
    properties.push({
      name: resolveEscapes(found[1]!, line),
      value: resolveEscapes(found[2]!, line).trim(),
      line,
    });
  }
  return properties;
}
