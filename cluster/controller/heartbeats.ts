// core: what a heartbeat, or its absence, changes, and what it is answered. Fencing, unfencing, controlled
// shutdown and directories that fail are all decided here; what they mean for partitions stands in
// partitions.ts.
//
// Source: KIP-631; Kafka, BrokerHeartbeatManager.calculateNextBrokerState; KIP-858 (failed directories)
import { ErrorCode } from "../../proto/errors.ts";
import type { SessionAnswer, SessionBeat } from "../../proto/peer/peer-api.ts";
import type { BrokerImage, MetadataImage } from "../metadata/image.ts";
import { allPartitions, isActive } from "../metadata/queries.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";
import { partitionsLeft, partitionsRegained, withBrokers } from "./partitions.ts";
import type { BrokerSessions } from "./sessions.ts";
import type { ControllerSettings } from "./settings.ts";

/**
 * The broker that a heartbeat is from, or the error code of one that is from no registration of this image.
 */
export function senderOf(image: MetadataImage, beat: SessionBeat): BrokerImage | number {
  const broker = image.brokers.get(beat.nodeId);
  if (broker === undefined) return ErrorCode.BROKER_ID_NOT_REGISTERED;
  return broker.epoch === beat.brokerEpoch ? broker : ErrorCode.STALE_BROKER_EPOCH;
}

/** The records this heartbeat asks for; mostly none. */
export function heartbeatRecords(
  image: MetadataImage,
  beat: SessionBeat,
  settings: ControllerSettings,
): NewRecord[] {
  const broker = senderOf(image, beat);
  if (typeof broker === "number") return [];
  const { id, epoch } = broker;
  const records: NewRecord[] = [];
  let now = broker;
  const working = broker.directoryIds.filter((directory) => !beat.offlineDirectoryIds.includes(directory));
  const lost = working.length < broker.directoryIds.length;
  const leaves = beat.wantShutdown && !broker.fenced && !broker.inControlledShutdown;
  if (lost || leaves) {
    const inControlledShutdown = broker.inControlledShutdown || leaves;
    now = { ...broker, directoryIds: working, inControlledShutdown };
    records.push({
      type: "BrokerRegistrationChange",
      brokerId: id,
      brokerEpoch: epoch,
      inControlledShutdown: leaves ? 1 : 0,
      logDirs: lost ? working : null,
    });
    records.push(...partitionsLeft(withBrokers(image, now), new Set([id]), settings.topics));
  }
  // It must have seen its own registration: before that it does not know what it leads and follows.
  const returns = now.fenced && !beat.wantShutdown && working.length > 0 && beat.metadataEnd > epoch;
  if (returns && !lost) {
    records.push({ type: "UnfenceBroker", id, epoch });
    const after = withBrokers(image, { ...now, fenced: false });
    records.push(...partitionsRegained(after, id, settings.topics));
  }
  return records;
}

/**
 * Nothing was heard of them for a session: others lead from now on. All at once, so that none elects another.
 */
export function fenceRecords(
  image: MetadataImage,
  brokers: readonly BrokerImage[],
  settings: ControllerSettings,
): NewRecord[] {
  const fences = brokers.map(({ id, epoch }): NewRecord => ({ type: "FenceBroker", id, epoch }));
  const after = withBrokers(image, ...brokers.map((broker) => ({ ...broker, fenced: true })));
  const ids = new Set(brokers.map(({ id }) => id));
  return [...fences, ...partitionsLeft(after, ids, settings.topics)];
}

/** From the committed image: an answer never says what is not yet so. */
export function heartbeatAnswer(
  image: MetadataImage,
  beat: SessionBeat,
  sessions: BrokerSessions,
): SessionAnswer {
  const broker = senderOf(image, beat);
  if (typeof broker === "number") return { errorCode: broker, fenced: true, shouldShutdown: false };
  const shouldShutdown = beat.wantShutdown && mayShutDown(image, broker, sessions);
  return { errorCode: ErrorCode.NONE, fenced: broker.fenced, shouldShutdown };
}

/**
 * Once it leads nothing and every other active broker knows: whoever asks one of them for a leader then is
 * sent to a living one.
 */
function mayShutDown(image: MetadataImage, broker: BrokerImage, sessions: BrokerSessions): boolean {
  if (broker.fenced) return true;
  if (!broker.inControlledShutdown) return false;
  const end = sessions.shutdownEnd(broker, image.end);
  for (const partition of allPartitions(image)) if (partition.leader === broker.id) return false;
  for (const other of image.brokers.values())
    if (other.id !== broker.id && isActive(other) && sessions.metadataEnd(other) < end) return false;
  return true;
}
