// core: how the log of the metadata is kept.
import type { LogConfig } from "../cluster/log/replica-log.ts";

export const metadataLogConfig: LogConfig = {
  segmentBytes: 64 * 1024 * 1024,
  segmentMs: Number.MAX_SAFE_INTEGER,
  indexIntervalBytes: 4_096,
  maxMessageBytes: 16 * 1024 * 1024,
  producerExpirationMs: Number.MAX_SAFE_INTEGER,
  usesReserve: true,
  isGapless: true,
};
