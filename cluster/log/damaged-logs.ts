// shell: damaged logs of a directory: told of, marked where a read met the damage, and set aside: kept, out
// of the way, for those who want to look at them; a new log can be made in their place.
import { DiskError } from "../../base/disk-error.ts";
import type { Random } from "../../base/ports/random.ts";
import { randomUuid } from "../../base/uuid.ts";
import type { DirectoryOffsets } from "./directory-offsets.ts";
import type { DirectoryVouching } from "./directory-vouching.ts";
import { damagedSuffix } from "./found-logs.ts";
import type { LogEnv } from "./log-folder.ts";
import type { LogDamagedError } from "./recovery.ts";

/** In a log's folder, for the next process. A power cut may take it: then a read finds the damage again. */
const markName = "damaged";

export interface DamagedLogsOptions {
  readonly env: LogEnv & { random: Random };
  readonly path: string;
  /** Folders that do not say of which topic they are. */
  readonly nameless: readonly string[];
  readonly offsets: DirectoryOffsets;
  readonly vouching: DirectoryVouching;
  onFailed(error: DiskError): void;
}

export class DamagedLogs {
  readonly #options: DamagedLogsOptions;

  constructor(options: DamagedLogsOptions) {
    this.#options = options;
  }

  foundAtRecovery(name: string, { offset, file, position, what, message }: LogDamagedError): void {
    const { metrics, log } = this.#options.env;
    metrics.counter("ottla_log_damaged_total", "Logs found damaged at recovery").add(1);
    log.error({ log: name, file, position, offset, what }, message);
  }

  foundByRead(folder: string): void {
    this.#orFail(() => this.#options.env.disk.open(`${folder}/${markName}`, { create: true }).close());
  }

  setAside(name: string): void {
    const { env, path, offsets, vouching } = this.#options;
    offsets.forget(name);
    const away = `${path}/${name}.${randomUuid(env.random)}${damagedSuffix}`;
    this.#orFail(() => {
      env.disk.rename(`${path}/${name}`, away);
      vouching.setAside(away);
      env.log.error({ log: name, keptAs: away }, "set a damaged log aside; its replica is copied anew");
    });
  }

  /** Whether it was marked by a read that met damage. */
  setAsideIfMarked(name: string): boolean {
    const { env, path } = this.#options;
    const isMarked = env.disk.exists(`${path}/${name}/${markName}`);
    if (isMarked) this.setAside(name);
    return isMarked;
  }

  /**
   * Logs that held something and do not say of which topic they are: a new one in their place would pass for
   * what was there.
   */
  setAsideNameless(exceptTopic: string): void {
    const { nameless, offsets } = this.#options;
    for (const name of nameless)
      if (!name.startsWith(`${exceptTopic}-`) && offsets.get("recovery", name) > 0) this.setAside(name);
  }

  #orFail(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#options.onFailed(error);
    }
  }
}
