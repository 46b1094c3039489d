// shell: one connection to each other node, made when first asked for, and made anew when the node's address
// changed.
import type { PeerAddress, PeerCaller, Peers } from "../proto/peer/peer-api.ts";

export class PeerConnections {
  readonly #peers: Peers;
  readonly #addressOf: (nodeId: number) => PeerAddress | null;
  readonly #open = new Map<number, { address: PeerAddress; caller: PeerCaller }>();

  constructor(peers: Peers, addressOf: (nodeId: number) => PeerAddress | null) {
    this.#peers = peers;
    this.#addressOf = addressOf;
  }

  /** Throws when nothing says where the node is. */
  connect(nodeId: number): PeerCaller {
    const address = this.#addressOf(nodeId);
    const known = this.#open.get(nodeId);
    if (
      known &&
      (address === null || (known.address.host === address.host && known.address.port === address.port))
    ) {
      return known.caller;
    }
    if (address === null) throw new Error(`nothing says where node ${nodeId} is reached`);
    known?.caller.close();
    const caller = this.#peers.connect(address);
    this.#open.set(nodeId, { address, caller });
    return caller;
  }

  close(): void {
    for (const { caller } of this.#open.values()) caller.close();
    this.#open.clear();
  }
}
