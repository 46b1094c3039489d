// core: blocks of producer ids, so that no two producers of the cluster ever get the same one.
//
// Source: KIP-730; Kafka, ProducerIdControlManager
import { ErrorCode } from "../../proto/errors.ts";
import type { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from "../../proto/peer/peer-api.ts";
import type { MetadataImage } from "../metadata/image.ts";
import type { Decided } from "./settings.ts";

export const producerIdBlockSize = 1_000;

export function allocateProducerIds(
  image: MetadataImage,
  request: AllocateProducerIdsRequest,
): Decided<AllocateProducerIdsResponse> {
  const { nodeId, brokerEpoch } = request;
  const refuse = (errorCode: number): Decided<AllocateProducerIdsResponse> => ({
    records: [],
    reply: { errorCode, firstProducerId: -1, count: 0 },
  });
  const broker = image.brokers.get(nodeId);
  if (broker === undefined) return refuse(ErrorCode.BROKER_ID_NOT_REGISTERED);
  if (broker.epoch !== brokerEpoch) return refuse(ErrorCode.STALE_BROKER_EPOCH);
  const firstProducerId = image.nextProducerId;
  const nextProducerId = firstProducerId + producerIdBlockSize;
  if (!Number.isSafeInteger(nextProducerId)) return refuse(ErrorCode.UNKNOWN_SERVER_ERROR);
  return {
    records: [{ type: "ProducerIds", brokerId: nodeId, brokerEpoch, nextProducerId }],
    reply: { errorCode: ErrorCode.NONE, firstProducerId, count: producerIdBlockSize },
  };
}
