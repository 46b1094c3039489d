// adapter: the real environment: the one place where the ports meet the machine. Importing it is cheap: what
// is heavy (LevelDB, pino, prom-client) loads when it is first used.
import type { ClientEnv, Env } from "../ports/env.ts";
import type { LogLevel } from "../ports/log.ts";
import { realClock } from "./clock.ts";
import { realCodecs } from "./codecs.ts";
import { realDisk } from "./disk.ts";
import { realHost } from "./host.ts";
import { realStores } from "./kv.ts";
import { type LogControl, type LogFormat, realLog } from "./log.ts";
import { realMetrics } from "./metrics.ts";
import { realNetwork } from "./network.ts";
import { realRandom } from "./random.ts";

export interface RealEnvOptions {
  /** "info" if not given. */
  logLevel?: LogLevel;
  /** "auto" if not given: pretty on a terminal, JSON lines elsewhere. */
  logFormat?: LogFormat;
  /** Stands in every line of the log. */
  nodeId?: number;
  /** Measure the process itself too; true if not given. */
  processMetrics?: boolean;
}

export interface RealEnv extends Env {
  /** Set its `level` to change what is logged, at once and for every child. */
  readonly logControl: LogControl;
}

export function realEnv(options: RealEnvOptions = {}): RealEnv {
  const { log, control } = realLog({
    level: options.logLevel ?? "info",
    format: options.logFormat ?? "auto",
    fields: options.nodeId === undefined ? {} : { nodeId: options.nodeId },
  });
  return {
    clock: realClock(),
    random: realRandom(),
    disk: realDisk(),
    kv: realStores(),
    network: realNetwork(),
    codecs: realCodecs,
    log,
    logControl: control,
    metrics: realMetrics({ withProcess: options.processMetrics ?? true }),
    host: realHost((reason) => log.error({ reason }, "stopping this process at once")),
  };
}

export type RealClientEnvOptions = Pick<RealEnvOptions, "logLevel" | "logFormat">;

/**
 * A client's surroundings. It says nothing below a warning unless asked. Its timers keep the process alive: a
 * program that awaits a record must not end while the client waits for its cluster.
 */
export function realClientEnv(options: RealClientEnvOptions = {}): ClientEnv {
  const { log } = realLog({
    level: options.logLevel ?? "warn",
    format: options.logFormat ?? "auto",
    fields: {},
  });
  return {
    clock: realClock({ keepsAlive: true }),
    random: realRandom(),
    network: realNetwork(),
    codecs: realCodecs,
    log,
    metrics: realMetrics({ withProcess: false }),
  };
}
