// core: what a newly active controller writes before it decides anything else: the version of the metadata,
// once, and min.insync.replicas as a setting of all brokers.
//
// A leader lets its high watermark stand still by min.insync.replicas, and the controller keeps members that
// left eligible by it: were the two of different minds, an election could lose committed records. So the
// value is part of the metadata, and a change of it clears in the same batch who is no longer eligible.
// (Kafka does the same since 4.0 where KIP-966 is on.)
import { BrokerError } from "../../proto/errors.ts";
import { resourceTypes } from "../metadata/apply.ts";
import type { MetadataImage } from "../metadata/image.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";
import { partitionsRejudged } from "./partitions.ts";
import type { ControllerSettings } from "./settings.ts";

/** Raised by a release whose records an older one would misread. */
export const metadataVersion = 1;
const featureName = "metadata.version";
const allBrokers = "broker:";
export const minIsrName = "min.insync.replicas";
/**
 * Beside min.insync.replicas among the settings of all brokers: it was changed while the cluster ran, and
 * counts from then on, whatever brokers are started with (as Kafka's dynamic settings do).
 */
export const alteredMark = "ottla.min.insync.replicas.altered";

/** Throws UNSUPPORTED_VERSION when a newer release has raised the version of the metadata. */
export function activationRecords(image: MetadataImage, settings: ControllerSettings): NewRecord[] {
  const records: NewRecord[] = [];
  const version = image.features.get(featureName) ?? 0;
  if (version > metadataVersion) {
    const text = `${featureName} of this cluster is ${version}; this release knows up to ${metadataVersion}`;
    throw new BrokerError("UNSUPPORTED_VERSION", text);
  }
  if (version < metadataVersion)
    records.push({ type: "FeatureLevel", name: featureName, featureLevel: metadataVersion });
  const { value, isExplicit } = settings.minInsyncReplicas;
  const present = image.configs.get(allBrokers)?.get(minIsrName);
  const isStartedWith = isExplicit && !image.configs.get(allBrokers)?.has(alteredMark);
  if (present === undefined || (isStartedWith && present !== String(value))) {
    const named = { resourceType: resourceTypes.broker, resourceName: "", name: minIsrName };
    records.push({ type: "Config", ...named, value: String(value) });
    const all = new Map(image.configs.get(allBrokers)).set(minIsrName, String(value));
    const after = { ...image, configs: new Map(image.configs).set(allBrokers, all) };
    records.push(...partitionsRejudged(after, settings.topics));
  }
  return records;
}
