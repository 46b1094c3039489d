// core: one sentence for each error of the table: what it means, and what to do about it. Shown to people
// who never read the protocol's pages. Knows nothing of codes; errors.ts joins the two and holds that none is
// missing.

export const errorHelp = {
  UNKNOWN_SERVER_ERROR: "The broker failed in a way it has no code for; its log says more.",
  NONE: "No error.",
  OFFSET_OUT_OF_RANGE:
    "The offset is outside what the log holds; seek to a start, end or time that is there.",
  CORRUPT_MESSAGE:
    "The batch's checksum or lengths do not fit its bytes; send it again, and suspect the path if it stays.",
  UNKNOWN_TOPIC_OR_PARTITION:
    "This broker knows no such topic or partition; refresh metadata, check the name, or create it.",
  INVALID_FETCH_SIZE: "The fetch asked for an impossible size; ask for one byte or more.",
  LEADER_NOT_AVAILABLE: "The partition has no leader just now; wait for the election and try again.",
  NOT_LEADER_OR_FOLLOWER:
    "This broker does not hold that role for the partition; refresh metadata and ask the leader.",
  REQUEST_TIMED_OUT: "The time allowed passed before the broker was done; the work may still happen.",
  BROKER_NOT_AVAILABLE: "The broker is not available.",
  REPLICA_NOT_AVAILABLE:
    "The replica asked for is not on this broker just now; refresh metadata and try again.",
  MESSAGE_TOO_LARGE:
    "The batch is larger than max.message.bytes allows; send smaller batches or raise the limit.",
  STALE_CONTROLLER_EPOCH: "The request came from a controller that has been replaced.",
  OFFSET_METADATA_TOO_LARGE:
    "The metadata string of the committed offset is longer than offset.metadata.max.bytes.",
  NETWORK_EXCEPTION:
    "The connection broke before an answer came; whether the request was carried out is unknown.",
  COORDINATOR_LOAD_IN_PROGRESS: "The coordinator is still reading its state; wait a little and try again.",
  COORDINATOR_NOT_AVAILABLE: "The coordinator is not there yet; find it again and retry.",
  NOT_COORDINATOR: "This broker does not coordinate that group or transaction; find the coordinator again.",
  INVALID_TOPIC_EXCEPTION:
    "Topic names have 1 to 249 of a-z A-Z 0-9 . _ - (but not . or ..); internal topics are closed.",
  RECORD_LIST_TOO_LARGE: "The batches together are larger than one segment of the log (segment.bytes).",
  NOT_ENOUGH_REPLICAS:
    "Fewer replicas are in sync than min.insync.replicas; nothing was written. Wait or start brokers.",
  NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    "The batch was written, but fewer replicas than min.insync.replicas held it in time.",
  INVALID_REQUIRED_ACKS: "acks must be -1 (all), 0 or 1.",
  ILLEGAL_GENERATION: "The member speaks of a generation of the group that is over; join again.",
  INCONSISTENT_GROUP_PROTOCOL: "The member's protocols fit none that all other members of the group support.",
  INVALID_GROUP_ID: "The group id is empty or not allowed.",
  UNKNOWN_MEMBER_ID: "The group does not know this member; join again.",
  INVALID_SESSION_TIMEOUT:
    "The session timeout is outside group.min.session.timeout.ms to group.max.session.timeout.ms.",
  REBALANCE_IN_PROGRESS: "The group is rebalancing; join again.",
  INVALID_COMMIT_OFFSET_SIZE: "The offset commit is too large to be stored.",
  TOPIC_AUTHORIZATION_FAILED: "The user may not do this with the topic; an ACL has to allow it.",
  GROUP_AUTHORIZATION_FAILED: "The user may not use this group; an ACL has to allow it.",
  CLUSTER_AUTHORIZATION_FAILED: "The user may not do this to the cluster; an ACL has to allow it.",
  INVALID_TIMESTAMP:
    "A record's timestamp is outside the bounds of the topic (message.timestamp.before/after.max.ms).",
  UNSUPPORTED_SASL_MECHANISM: "The broker does not offer this SASL mechanism.",
  ILLEGAL_SASL_STATE: "The request does not fit the present step of authentication.",
  UNSUPPORTED_VERSION:
    "The broker does not support this version of the API; ask ApiVersions for what it does.",
  TOPIC_ALREADY_EXISTS: "A topic of this name exists already.",
  INVALID_PARTITIONS: "The number of partitions must be 1 or more, within the limit, and may only grow.",
  INVALID_REPLICATION_FACTOR: "The replication factor is below 1 or above the number of brokers that are up.",
  INVALID_REPLICA_ASSIGNMENT:
    "The replica assignment names unknown or repeated brokers, or does not fit the partitions.",
  INVALID_CONFIG: "A configuration name is unknown or its value is not allowed.",
  NOT_CONTROLLER: "This node is not the active controller; refresh metadata and ask the one that is.",
  INVALID_REQUEST: "The request contradicts itself or breaks a rule of the protocol.",
  UNSUPPORTED_FOR_MESSAGE_FORMAT: "The record format does not support this; use record batches of magic 2.",
  POLICY_VIOLATION: "A policy of the cluster forbids what the request asks.",
  OUT_OF_ORDER_SEQUENCE_NUMBER:
    "The producer's sequence number does not follow the last one; a batch before it is missing.",
  DUPLICATE_SEQUENCE_NUMBER: "The batch was written before; it is not written twice.",
  INVALID_PRODUCER_EPOCH:
    "A newer instance of this producer has taken over; this one must stop or start anew.",
  INVALID_TXN_STATE: "The transaction is not in a state that allows this.",
  INVALID_PRODUCER_ID_MAPPING:
    "The producer id does not belong to this transactional id (any more); initialise the producer again.",
  INVALID_TRANSACTION_TIMEOUT:
    "The transaction timeout is above transaction.max.timeout.ms, or not positive.",
  CONCURRENT_TRANSACTIONS: "The transaction before this one is still being completed; try again shortly.",
  TRANSACTION_COORDINATOR_FENCED: "A newer transaction coordinator has taken over; the marker was refused.",
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    "The user may not use this transactional id; an ACL has to allow it.",
  SECURITY_DISABLED: "Security features are not enabled on this cluster.",
  OPERATION_NOT_ATTEMPTED: "The broker left this part undone because another part of the request failed.",
  KAFKA_STORAGE_ERROR:
    "The broker cannot use the disk folder of this partition; another replica has to take over.",
  LOG_DIR_NOT_FOUND: "The broker has no such log directory.",
  SASL_AUTHENTICATION_FAILED: "The name, password or token was not accepted.",
  UNKNOWN_PRODUCER_ID:
    "The broker has forgotten this producer, its records being gone; initialise the producer again.",
  REASSIGNMENT_IN_PROGRESS: "The partition is being reassigned; wait until that is done.",
  DELEGATION_TOKEN_AUTH_DISABLED: "Delegation tokens are not enabled.",
  DELEGATION_TOKEN_NOT_FOUND: "There is no such delegation token.",
  DELEGATION_TOKEN_OWNER_MISMATCH: "Only the owner and the named renewers may do this with the token.",
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED:
    "Tokens cannot be asked for over this kind of connection, nor with a token.",
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: "The user may not do this with the delegation token.",
  DELEGATION_TOKEN_EXPIRED: "The delegation token has expired; get a new one.",
  INVALID_PRINCIPAL_TYPE: "The kind of principal is not supported.",
  NON_EMPTY_GROUP: "The group still has members; stop them first.",
  GROUP_ID_NOT_FOUND: "There is no such group.",
  FETCH_SESSION_ID_NOT_FOUND: "The broker does not hold this fetch session; start again with a full fetch.",
  INVALID_FETCH_SESSION_EPOCH:
    "The fetch session's epoch is not the next one; start again with a full fetch.",
  LISTENER_NOT_FOUND: "The leader has no listener of the name this request came in on.",
  TOPIC_DELETION_DISABLED: "Deleting topics is switched off (delete.topic.enable).",
  FENCED_LEADER_EPOCH: "The leader epoch in the request is older than the broker's; refresh metadata.",
  UNKNOWN_LEADER_EPOCH:
    "The leader epoch in the request is newer than the broker's; it will catch up, try again.",
  UNSUPPORTED_COMPRESSION_TYPE: "This compression is unknown, or not allowed in this version of the request.",
  STALE_BROKER_EPOCH: "The broker has registered again since; this request is from its earlier life.",
  OFFSET_NOT_AVAILABLE: "A new leader does not know its high watermark yet; try again shortly.",
  MEMBER_ID_REQUIRED: "The member must join again with the member id that came with this answer.",
  PREFERRED_LEADER_NOT_AVAILABLE: "The preferred leader is down or not in sync; try again when it is back.",
  GROUP_MAX_SIZE_REACHED: "The group has as many members as group.max.size allows.",
  FENCED_INSTANCE_ID: "Another member has taken over this group.instance.id; this one must stop.",
  ELIGIBLE_LEADERS_NOT_AVAILABLE: "No replica that may lead the partition is up; start one of its brokers.",
  ELECTION_NOT_NEEDED: "The partition is led as wished already.",
  NO_REASSIGNMENT_IN_PROGRESS: "No reassignment is under way for the partition.",
  GROUP_SUBSCRIBED_TO_TOPIC: "The group is subscribed to the topic, so its offsets cannot be deleted.",
  INVALID_RECORD:
    "A record of the batch breaks a rule; the message says which. Sending it again will not help.",
  UNSTABLE_OFFSET_COMMIT:
    "A transaction that commits this offset is still open; try again when it has ended.",
  THROTTLING_QUOTA_EXCEEDED: "The quota is used up; wait the throttle time and try again.",
  PRODUCER_FENCED: "A newer producer with the same transactional id has taken over; this one must stop.",
  RESOURCE_NOT_FOUND: "The request names something that does not exist.",
  DUPLICATE_RESOURCE: "The request names the same thing twice, or it exists already.",
  UNACCEPTABLE_CREDENTIAL: "The credential does not meet the rules (mechanism, iterations, length).",
  INCONSISTENT_VOTER_SET: "The two nodes do not agree on who votes in the quorum.",
  INVALID_UPDATE_VERSION: "The change was based on a state that is no longer the present one.",
  FEATURE_UPDATE_FAILED: "The feature level could not be changed; the message says why.",
  PRINCIPAL_DESERIALIZATION_FAILURE: "The principal in a forwarded request cannot be read.",
  SNAPSHOT_NOT_FOUND: "The node does not hold the snapshot that was asked for.",
  POSITION_OUT_OF_RANGE: "The position is outside the snapshot.",
  UNKNOWN_TOPIC_ID: "This broker knows no topic of this id; refresh metadata.",
  DUPLICATE_BROKER_REGISTRATION:
    "A broker with this id is registered and alive; give this one another id, or stop the other.",
  BROKER_ID_NOT_REGISTERED: "No broker of this id is registered.",
  INCONSISTENT_TOPIC_ID:
    "The topic has another id than the request says: it was deleted and made anew; refresh metadata.",
  INCONSISTENT_CLUSTER_ID: "The request is meant for another cluster; check the addresses.",
  TRANSACTIONAL_ID_NOT_FOUND: "There is no such transactional id.",
  FETCH_SESSION_TOPIC_ID_ERROR:
    "A fetch session must use topic ids or topic names throughout; start a new session.",
  INELIGIBLE_REPLICA:
    "A replica that is fenced, shutting down or from an earlier life cannot join the in-sync set.",
  NEW_LEADER_ELECTED: "The change to the in-sync set was made, and led to the election of another leader.",
  OFFSET_MOVED_TO_TIERED_STORAGE: "The offset has been moved to tiered storage.",
  FENCED_MEMBER_EPOCH: "The member's epoch is behind the group's; give up all partitions and join again.",
  UNRELEASED_INSTANCE_ID: "The group.instance.id is still in use by another member.",
  UNSUPPORTED_ASSIGNOR: "The group coordinator does not have this assignor.",
  STALE_MEMBER_EPOCH: "The member's epoch is old; heartbeat to learn the present one, then try again.",
  MISMATCHED_ENDPOINT_TYPE: "The request came to the wrong kind of endpoint (broker or controller).",
  UNSUPPORTED_ENDPOINT_TYPE: "This kind of endpoint is not supported.",
  UNKNOWN_CONTROLLER_ID: "No controller of this id is known.",
  UNKNOWN_SUBSCRIPTION_ID: "The telemetry subscription is out of date; ask for it again.",
  TELEMETRY_TOO_LARGE: "The telemetry is larger than the broker accepts.",
  INVALID_REGISTRATION: "The controller does not accept this registration; the message says why.",
  TRANSACTION_ABORTABLE: "The transaction met an error; abort it, then carry on with the same producer.",
  INVALID_RECORD_STATE: "The acknowledgement does not fit the record's delivery state.",
  SHARE_SESSION_NOT_FOUND: "The broker does not hold this share session; open a new one.",
  INVALID_SHARE_SESSION_EPOCH: "The share session's epoch is not the next one; open a new session.",
  FENCED_STATE_EPOCH: "The share coordinator was given an epoch older than the one it holds.",
  INVALID_VOTER_KEY: "The voter's id and directory id are not those of the node that got the request.",
  DUPLICATE_VOTER: "The voter is in the quorum already.",
  VOTER_NOT_FOUND: "The quorum has no such voter.",
  INVALID_REGULAR_EXPRESSION: "The regular expression of the subscription is not valid RE2 syntax.",
} as const;
