// adapter: the logs of all simulated nodes in one bounded ring, each line with its virtual time; every line
// is part of the trace. Never throws, not even for a node that has crashed: the error paths of dead code log.
import type { Log, LogFields, LogLevel } from "../ports/log.ts";
import type { Life } from "./life.ts";
import type { VirtualScheduler } from "./scheduler.ts";

export interface LogLine {
  timeMs: number;
  node: string;
  level: LogLevel;
  message: string;
  fields: LogFields;
}

const levels: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error"];

export class LogRing {
  readonly lines: LogLine[] = [];
  private readonly linesMax: number;
  private readonly scheduler: VirtualScheduler;
  private readonly lowest: number;

  constructor(scheduler: VirtualScheduler, options: { linesMax: number; level: LogLevel }) {
    this.scheduler = scheduler;
    this.linesMax = options.linesMax;
    this.lowest = levels.indexOf(options.level);
  }

  add(line: Omit<LogLine, "timeMs">): void {
    if (levels.indexOf(line.level) < this.lowest) return;
    // Cut in blocks: taking one line off the front of a long array each time would cost more than the line.
    if (this.lines.length >= this.linesMax * 2) this.lines.splice(0, this.linesMax);
    this.lines.push({ timeMs: this.scheduler.nowMs, ...line });
    this.scheduler.trace.addText(
      "log",
      line.node,
      `${line.level} ${line.message} ${fieldsText(line.fields)}`,
    );
  }

  /** The last `count` lines as text, oldest first. */
  tail(count: number): string {
    return this.lines.slice(-count).map(lineText).join("\n");
  }
}

export function virtualLog(ring: LogRing, life: Life, fields: LogFields = {}): Log {
  const at =
    (level: LogLevel) =>
    (more: LogFields, message: string): void => {
      if (!life.revoked) ring.add({ node: life.name, level, message, fields: { ...fields, ...more } });
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (more) => virtualLog(ring, life, { ...fields, ...more }),
  };
}

export function lineText(line: LogLine): string {
  const head = `${line.timeMs.toFixed(3).padStart(12)} ${line.node} ${line.level}`;
  return `${head} ${line.message} ${fieldsText(line.fields)}`;
}

function fieldsText(fields: LogFields): string {
  try {
    return JSON.stringify(fields, (_key, value: unknown) => {
      if (value instanceof Error) return `${value.name}: ${value.message}`;
      return typeof value === "bigint" ? String(value) : value;
    });
  } catch {
    return "(fields that are no JSON)";
  }
}
