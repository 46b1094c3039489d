// test: a replica dies while its leader asks for it to be let into the in-sync set, and is registered anew
// before the controller reads the question: which is about a life that is over (KIP-903). By chance alone
// the three hardly ever meet, so the question is waited for, and held back on its way.
import type { SeededRandom } from "../../base/virtual/seeded-random.ts";
import type { AlterPartitionRequest } from "../../proto/peer/peer-api.ts";
import type { PeerTap } from "../../services/peer/link-peers.ts";
import type { SimCluster } from "./sim-cluster.ts";
import type { SimNode } from "./sim-node.ts";

export interface JoinerFaultOptions {
  cluster: SimCluster;
  random: SeededRandom;
  sessionMs: number;
  after: (delayMs: number, run: () => void) => void;
}

export class JoinerFault {
  readonly #options: JoinerFaultOptions;
  /** Whose joining is waited for. */
  #joiner: SimNode | null = null;
  #number = 0;
  met = 0;

  constructor(options: JoinerFaultOptions) {
    this.#options = options;
  }

  /** It dies, so that it has to join again; with its next joining it dies once more. */
  begin(node: SimNode): boolean {
    if (this.#joiner !== null) return false;
    const number = ++this.#number;
    this.#joiner = node;
    node.crash({ kind: "process" });
    this.#startSoon(node);
    this.#options.after(6_000, () => {
      if (this.#number === number) this.#joiner = null;
    });
    return true;
  }

  readonly tap: PeerTap = ({ from, to, service, value }) => {
    const joiner = this.#joiner;
    if (joiner === null || service !== "alterPartition" || !("brokerEpoch" in (value as object))) return;
    if (from === joiner.name) return;
    const { items } = value as AlterPartitionRequest;
    if (!items.some(({ isr }) => isr.some(({ nodeId }) => nodeId === joiner.id))) return;
    this.#joiner = null;
    this.met++;
    const { cluster, sessionMs, after } = this.#options;
    const { fabric } = cluster.world;
    // Less than its session: the leader that asks must be one still when the controller reads it.
    const delayMs = 0.85 * sessionMs;
    fabric.setDelay(from, to, [delayMs, delayMs]);
    after(1, () => {
      fabric.setDelay(from, to, fabric.settings.delayMs);
      if (joiner.isUp) joiner.crash({ kind: "process" });
      this.#startSoon(joiner);
    });
  };

  #startSoon(node: SimNode): void {
    const { after, random } = this.#options;
    after(random.between(1, 20), () => {
      if (!node.isUp) node.start();
    });
  }
}
