// core: one sentence for each error of the table: what it means, and what to do about it. Shown to people who never
// read the protocol's pages. Knows nothing of codes; errors.ts joins the two and holds that none is missing.

export const errorHelp = {
  UNKNOWN_SERVER_ERROR: "The broker failed in a way it has no code for; its log says more.",
  NONE: "No error.",
  OFFSET_OUT_OF_RANGE: "The offset is outside what the log holds; seek to a start, end or time that is there.",
  CORRUPT_MESSAGE: "The batch's checksum or lengths do not fit its bytes; send it again, and suspect the path if it stays.",
  UNKNOWN_TOPIC_OR_PARTITION: "This broker knows no such topic or partition; refresh metadata, check the name, or create it.",
  INVALID_FETCH_SIZE: "The fetch asked for an impossible size; ask for one byte or more.",
  LEADER_NOT_AVAILABLE: "The partition has no leader just now; wait for the election and try again.",
  NOT_LEADER_OR_FOLLOWER: "This broker does not hold that role for the partition; refresh metadata and ask the leader.",
  REQUEST_TIMED_OUT: "The time allowed passed before the broker was done; the work may still happen.",
  BROKER_NOT_AVAILABLE: "The broker is not available.",
  REPLICA_NOT_AVAILABLE: "The replica asked for is not on this broker just now; refresh metadata and try again.",
  MESSAGE_TOO_LARGE: "The batch is larger than max.message.bytes allows; send smaller batches or raise the limit.",
  STALE_CONTROLLER_EPOCH: "The request came from a controller that has been replaced.",
  OFFSET_METADATA_TOO_LARGE: "The metadata string of the committed offset is longer than offset.metadata.max.bytes.",
  NETWORK_EXCEPTION: "The connection broke before an answer came; whether the request was carried out is unknown.",
  COORDINATOR_LOAD_IN_PROGRESS: "The coordinator is still reading its state; wait a little and try again.",
  COORDINATOR_NOT_AVAILABLE: "The coordinator is not there yet; find it again and retry.",
  NOT_COORDINATOR: "This broker does not coordinate that group or transaction; find the coordinator again.",
  INVALID_TOPIC_EXCEPTION: "The topic name is not allowed: 1 to 249 of a-z A-Z 0-9 . _ - and not '.' or '..'; internal ones are closed.",
