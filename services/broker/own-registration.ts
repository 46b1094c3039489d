// core: whether this broker knows the cluster. Its doors open before it has read the metadata, and what it
// has read so far names only some of the topics: a client that is told that its topic is not there drops
// what it reads. Its own registration is written after all that was there before it began, so an image that
// has it has the rest.
import type { MetadataImage } from "../../cluster/metadata/image.ts";
import type { BrokerPorts } from "./ports.ts";

export function knowsCluster({ nodeId, incarnationId }: BrokerPorts, image: MetadataImage): boolean {
  return image.brokers.get(nodeId)?.incarnationId === incarnationId;
}
