// core: a client's batch against the settings of its topic.
import type { Codecs } from "../../base/ports/codecs.ts";
import { type ProducedFacts, validateProduced } from "../../proto/batch/validate.ts";
import type { PartitionConfig } from "./replication-ports.ts";

/** Throws what `validateProduced` throws; may stamp the append time into `bytes`. */
export function checkProduced(
  bytes: Uint8Array,
  options: { config: PartitionConfig; codecs: Codecs; wallMs: number; allowsZstd: boolean },
): ProducedFacts {
  const { config, codecs, wallMs, allowsZstd } = options;
  return validateProduced(bytes, {
    codecs,
    maxBytes: config.maxMessageBytes,
    mode: config.validation,
    timestampType: config.timestampType === "LogAppendTime" ? "logAppendTime" : "createTime",
    nowMs: wallMs,
    timestampBeforeMaxMs: config.timestampBeforeMaxMs,
    timestampAfterMaxMs: config.timestampAfterMaxMs,
    needsKeys: config.compacted,
    allowsZstd,
  });
}
