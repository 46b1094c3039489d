// shell: how this node follows the metadata log: as a controller, which may also decide, or as a broker that
// only reads along.
import type { Env } from "../base/ports/env.ts";
import { Controller } from "../cluster/controller/controller.ts";
import type { Journal, JournalEvents } from "../cluster/machine/journal.ts";
import type { MetadataDelta, MetadataImage } from "../cluster/metadata/image.ts";
import { MetadataPublisher } from "../cluster/metadata/publisher.ts";
import type { NodeConfig } from "./config/node-config.ts";
import { controllerSettings } from "./controller-settings.ts";

export interface MetadataSide {
  /** Null on a node that is no controller. */
  readonly controller: Controller | null;
  readonly events: JournalEvents;
  attach(journal: Journal): void;
  subscribe(listener: (image: MetadataImage, delta: MetadataDelta) => void): void;
  close(): void;
}

export interface MetadataSideOptions {
  readonly config: NodeConfig;
  readonly env: Env;
  readonly clusterId: string;
  /** Whether the way to a voter is known to be broken. */
  readonly isCutOff: (nodeId: number) => boolean;
  readonly note: (kind: string, detail: Readonly<Record<string, unknown>>) => void;
  readonly store: (snapshot: { end: number; epoch: number; bytes: Uint8Array }) => void;
}

export function metadataSide(options: MetadataSideOptions): MetadataSide {
  const { config, env, clusterId, note, isCutOff, store } = options;
  const snapshots = { everyBytes: config.snapshotEveryBytes, store };
  if (!config.isController) {
    const publisher = new MetadataPublisher({
      log: env.log,
      halt: (reason) => env.host.halt(reason),
      snapshots,
    });
    return {
      controller: null,
      events: publisher,
      attach: () => {},
      subscribe: (listener) => void publisher.subscribe(listener),
      close: () => {},
    };
  }
  const controller = new Controller({
    env,
    settings: controllerSettings(config, clusterId),
    sessionTimeoutMs: config.sessionTimeoutMs,
    disconnectGraceMs: config.disconnectGraceMs,
    isCutOff,
    snapshots,
    onEvent: ({ kind, detail }) => note(kind, { ...detail }),
  });
  return {
    controller,
    events: controller.journalEvents,
    attach: (journal) => controller.attach(journal),
    subscribe: (listener) => void controller.subscribe(listener),
    close: () => controller.close(),
  };
}
