// adapter: the version in package.json, which stands one folder above the sources and two above the build.
import { existsSync, readFileSync } from "node:fs";

export function packageVersion(): string {
  for (const place of ["../package.json", "../../package.json"]) {
    const file = new URL(place, import.meta.url);
    if (!existsSync(file)) continue;
    const content = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string };
    if (content.name === "ottla" && content.version) return content.version;
  }
  return "unknown";
}
