// core: brokers as clients are told of them: those that are alive, by their address on the listener the
// client uses.
import type { BrokerImage, MetadataImage } from "../../cluster/metadata/image.ts";

export interface NodeAddress {
  nodeId: number;
  host: string;
  port: number;
  rack: string | null;
}

/** Null when the broker has no such listener. */
export function brokerAddress(broker: BrokerImage, listenerName: string): NodeAddress | null {
  const listener = broker.listeners.find(({ name }) => name === listenerName);
  if (listener === undefined) return null;
  return { nodeId: broker.id, host: listener.host, port: listener.port, rack: broker.rack };
}

export function isAlive(image: MetadataImage, nodeId: number): boolean {
  return image.brokers.get(nodeId)?.fenced === false;
}

/** Sorted by id. */
export function aliveBrokers(image: MetadataImage, listenerName: string): NodeAddress[] {
  return [...image.brokers.values()]
    .filter(({ fenced }) => !fenced)
    .map((broker) => brokerAddress(broker, listenerName))
    .filter((address) => address !== null)
    .sort((one, other) => one.nodeId - other.nodeId);
}

/**
 * Whom clients may take for the controller: any living broker will do, since all of them pass on what is for
 * the
 * controller. This one, so that the answer stays the same while it lives; -1 when none is alive.
 */
export function controllerForClients(alive: readonly NodeAddress[], nodeId: number): number {
  if (alive.some((address) => address.nodeId === nodeId)) return nodeId;
  return alive[0]?.nodeId ?? -1;
}
