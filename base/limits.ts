// core: every bound of every queue, map, buffer and loop, in one place. Over a bound the answer is an error
// or back-pressure, never growth.

const KiB = 1024;
const MiB = 1024 * KiB;

export const limits = {
  /** Largest frame a Kafka client may send (Kafka: socket.request.max.bytes), in bytes. */
  frameBytesMax: 100 * MiB,
  /** Size of the buffers in which requests that come in pieces are put together, and how many are kept. */
  pooledFrameBytes: 128 * KiB,
  pooledFramesMax: 64,
  /** Requests of one connection that wait for their answers before reading stops. */
  requestsInFlightPerConnectionMax: 64,
  /** Bytes of requests of one connection that wait for their answers before reading stops. */
  requestBytesInFlightPerConnectionMax: 64 * MiB,
  connectionsMax: 10_000,
  /** Bytes queued on one socket from which on its writer is told to hold back. */
  socketHighWaterBytes: 256 * KiB,
  /** Nested structs in one message; the deepest real one has 6. */
  messageNestingMax: 16,
  /** Fields of all array elements of one message, when it is decoded. */
  messageValuesMax: 4_000_000,
  /** Records of one batch after decompression, in bytes. */
  batchDecompressedBytesMax: 128 * MiB,
  recordsPerBatchMax: 1_000_000,
  headersPerRecordMax: 10_000,
  /** One message between brokers, in bytes. */
  peerMessageBytesMax: 64 * MiB,
  /** Bytes queued on one stream to a peer that does not take them; over it the stream is given up. */
  peerStreamQueuedBytesMax: 128 * MiB,
  healthWatchersMax: 100,
  httpConnectionsMax: 256,
  /** Bytes a leader may have sent to one follower that are not yet acknowledged on the pull stream. */
  pullCreditBytes: 16 * MiB,
  pullMessageBytesTarget: 1 * MiB,
  /** Positions in one message of a pull stream; more go in further messages. */
  pullPositionsPerMessageMax: 5_000,
  /** Parts without records in one message of a pull stream. */
  pullPartsPerMessageMax: 5_000,
  /** Bytes of one partition in one message while others have something to send too. */
  pullPartBytesShare: 256 * KiB,
  /** To replicas outside their in-sync sets while others write, from one leader: at first, and at least. */
  catchUpBytesPerSecondStart: 40 * MiB,
  catchUpBytesPerSecondMin: 16 * MiB,
  /** Of such, in one message. */
  catchUpMessageBytes: 256 * KiB,
  /** Topics that metrics tell apart. */
  topicLabelsMax: 500,
  /** What was appended last, kept in memory for those who read the end of a log; one log directory. */
  hotBytesPerDirectory: 4 * MiB,
  /** In-sync set changes in one request to the controller. */
  alterPartitionItemsMax: 2_000,
  /** Raft: entries in flight to one follower, in messages and bytes. */
  raftInflightMessagesMax: 64,
  raftMessageBytesMax: 1 * MiB,
  raftSnapshotPieceBytes: 512 * KiB,
  raftProposalsPendingMax: 10_000,
  raftInflightBytesMax: 16 * MiB,
  /** Records of one proposal, in bytes; it travels as one message. */
  raftProposalBytesMax: 16 * MiB,
  /** Messages that wait for the next turn; over it the newest is dropped, as a network may. */
  raftInboxMessagesMax: 4_096,
  /** Messages that wait until term and vote are on disk. */
  raftMessagesHeldMax: 4_096,
  /** Nodes that are no voters and follow the metadata log. */
  raftObserversMax: 1_000,
  /** A bound on the work of counting; Raft groups are far smaller. */
  raftVotersMax: 31,
  raftSnapshotBytesMax: 1024 * MiB,
  brokersMax: 1_000,
  /** Partitions that one CreateTopics request may make. */
  partitionsPerRequestMax: 10_000,
  partitionsPerTopicMax: 10_000,
  /** Leaderships that go back to preferred replicas in one batch; the rest follow in the next round. */
  leadersMovedPerRoundMax: 1_000,
  topicsMax: 20_000,
  partitionsPerBrokerMax: 100_000,
  producersPerPartitionMax: 100_000,
  /** Segment files of one log directory that are open for reading only; those written are open besides. */
  segmentFilesOpenMax: 1_024,
  mailboxMax: 100_000,
  /** Fetches that wait on one broker for data. */
  waitingFetchesMax: 100_000,
  /** Partitions of all fetch sessions of one broker. */
  fetchSessionPartitionsMax: 1_000_000,
  /** Coordinators of groups or transactions that one client remembers, and how many it asks for at once. */
  coordinatorsKnownMax: 10_000,
  coordinatorKeysPerRequestMax: 1_000,
  /** Groups that an administrator asks one coordinator about at once. */
  groupsPerRequestMax: 500,
  /** Ranges of one consumer that are read at the same time; each has connections of its own. */
  rangesPerConsumerMax: 64,
  waitingProducesMax: 100_000,
  /** Changes of groups that wait for their commit, on one shard. */
  groupChangesPendingMax: 20_000,
  /** Members of one shard that wait for a rebalance to end. */
  groupRequestsWaitingMax: 100_000,
  /** Partitions of groups whose lag a broker's metrics tell. */
  groupLagSeriesMax: 10_000,
  /** Bytes of a group id, in UTF-8. */
  groupIdBytesMax: 1_024,
  /** Records a client keeps per consumer before it stops fetching, in bytes. */
  consumerPrefetchBytes: 64 * MiB,
  /** Commits of offsets that wait for the one under way, of one consumer. */
  commitsWaitingMax: 1_000,
  /** Handlers of one run that work at once. */
  runConcurrencyMax: 10_000,
  /**
   * A run begins no record of a partition that is further from the first unfinished one, in records and
   * bytes.
   */
  runGapRecords: 1_000,
  runGapBytes: 16 * MiB,
  /** Bytes a run holds before it asks for more, of all partitions that do not wait for their time. */
  runHeldBytes: 64 * MiB,
  /** Retry topics of one topic, and how long a record may wait in one (7 days). */
  runRetryTopicsMax: 32,
  runRetryDelayMsMax: 604_800_000,
  /** What headers of retry and dead-letter topics hold of an error. */
  runErrorNameBytesMax: 256,
  runErrorMessageBytesMax: 1 * KiB,
  runErrorStackBytesMax: 8 * KiB,
  /** Calls of `send` on one producer that wait for room in its buffer. */
  producerWaitingSendsMax: 100_000,
  timelineEventsMax: 10_000,
  /** Group, member, instance and rack ids. In a record's key they have an int16 of length in bytes. */
  groupTextCharactersMax: 8_192,
  /** What one member of a group says of its subscription, in bytes; it goes into one record. */
  subscriptionBytesMax: 1 * MiB,
  /** Of a subscription by regular expression: characters, and instructions once it is compiled. */
  regexCharactersMax: 4_096,
  regexProgramSizeMax: 10_000,
  /** Compiled regular expressions that are kept with what they match. */
  regexesCachedMax: 1_000,
  /** Steps of the search for a better balance in one assignment; over it a good one is taken for the best. */
  assignmentSearchStepsMax: 5_000_000,
} as const;
