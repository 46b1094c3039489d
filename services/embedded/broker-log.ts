// shell: what the brokers of one cluster log: the last lines kept, each handed on to whoever asked.
import type { Clock } from "../../base/ports/clock.ts";
import type { Log, LogFields, LogLevel } from "../../base/ports/log.ts";
import type { LogLine } from "./cluster-options.ts";

const linesMax = 1_000;
const levels: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error"];

export class ClusterLog {
  #lines: LogLine[] = [];
  readonly #clock: Clock;
  readonly #onLine: (line: LogLine) => void;

  constructor(clock: Clock, onLine: (line: LogLine) => void) {
    this.#clock = clock;
    this.#onLine = onLine;
  }

  /** Oldest first. */
  get lines(): readonly LogLine[] {
    return this.#lines.slice(-linesMax);
  }

  logOf(broker: number, lowest: LogLevel, fields: LogFields = {}): Log {
    const from = levels.indexOf(lowest);
    const at =
      (level: LogLevel) =>
      (more: LogFields, message: string): void => {
        if (levels.indexOf(level) >= from) this.add(broker, level, message, { ...fields, ...more });
      };
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: (more) => this.logOf(broker, lowest, { ...fields, ...more }),
    };
  }

  add(broker: number, level: LogLevel, message: string, fields: LogFields): void {
    const line = { timeMs: this.#clock.wallMs(), broker, level, message, fields };
    // Cut in blocks: taking one line off a long array each time would cost more than the line.
    if (this.#lines.length >= linesMax * 2) this.#lines = this.#lines.slice(-linesMax);
    this.#lines.push(line);
    this.#onLine(line);
  }
}
