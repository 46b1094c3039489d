// adapter: the process's log through pino, loaded with the first line: JSON lines on stderr, or coloured text
// where a person reads. The level is one for all children and changes while the process runs.
import { createRequire } from "node:module";
import type { DestinationStream, Logger } from "pino";
import type { Log, LogFields, LogLevel } from "../ports/log.ts";

/** "pretty" for people, "json" for machines, "auto": pretty on a terminal. */
export type LogFormat = "json" | "pretty" | "auto";

export interface LogOptions {
  level: LogLevel;
  format: LogFormat;
  /** Fields of every line. */
  fields: LogFields;
  /** Where lines go instead of stderr. */
  destination?: DestinationStream;
}

export interface LogControl {
  level: LogLevel;
}

const order: Readonly<Record<LogLevel, number>> = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 };

export function realLog(options: LogOptions): { log: Log; control: LogControl } {
  const control: LogControl = { level: options.level };
  let root: Logger | null = null;
  const log = new PinoLog(control, () => (root ??= openPino(options)));
  return { log, control };
}

class PinoLog implements Log {
  private readonly control: LogControl;
  private readonly make: () => Logger;
  private made: Logger | null = null;

  constructor(control: LogControl, make: () => Logger) {
    this.control = control;
    this.make = make;
  }

  debug(fields: LogFields, message: string): void {
    if (order[this.control.level] <= order.debug) this.logger().debug(fields, message);
  }

  info(fields: LogFields, message: string): void {
    if (order[this.control.level] <= order.info) this.logger().info(fields, message);
  }

  warn(fields: LogFields, message: string): void {
    if (order[this.control.level] <= order.warn) this.logger().warn(fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.logger().error(fields, message);
  }

  child(fields: LogFields): Log {
    return new PinoLog(this.control, () => this.logger().child(fields));
  }

  private logger(): Logger {
    return (this.made ??= this.make());
  }
}

/** Everything passes pino itself; the level is ours, since a child of pino keeps the level of its birth. */
function openPino(options: LogOptions): Logger {
  const require = createRequire(import.meta.url);
  const { pino } = require("pino") as typeof import("pino");
  const settings = {
    level: "trace",
    base: options.fields,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
  };
  const isPretty = options.format === "pretty" || (options.format === "auto" && process.stderr.isTTY);
  if (isPretty) {
    const pretty = require("pino-pretty") as typeof import("pino-pretty");
    const destination = options.destination ?? 2;
    return pino(settings, pretty({ destination, sync: true, errorLikeObjectKeys: ["err", "error"] }));
  }
  // Synchronous, so that the last words of a process that stops are there.
  return pino(settings, options.destination ?? pino.destination({ dest: 2, sync: true }));
}
