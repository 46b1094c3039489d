// port: what the brokers of one cluster inside a test get of the real world.
import type { Clock } from "../../base/ports/clock.ts";
import type { Codecs } from "../../base/ports/codecs.ts";
import type { Disk } from "../../base/ports/disk.ts";
import type { KeyValueStores } from "../../base/ports/kv.ts";
import type { Network } from "../../base/ports/network.ts";
import type { Random } from "../../base/ports/random.ts";
import type { LocalNetwork } from "./local-links.ts";

/** Where a broker keeps its data; it outlasts the broker's lives. */
export interface Storage {
  readonly disk: Disk;
  readonly stores: KeyValueStores;
  readonly logDirs: readonly string[];
}

export interface Surroundings {
  /** One a life: what one life does at the end of a turn is then apart from what others do. */
  newClock(): Clock;
  /** For whoever uses the cluster: its timers keep the process alive. */
  readonly clock: Clock;
  readonly random: Random;
  readonly codecs: Codecs;
  readonly network: Network;
  readonly links: LocalNetwork;
  /** Where clients connect. */
  readonly host: string;
  /**
   * Runs `change` between two events, when no broker's promise is about to settle: only there can a broker be
   * stopped without code of it running on.
   */
  betweenEvents<T>(change: () => T): Promise<T>;
}
