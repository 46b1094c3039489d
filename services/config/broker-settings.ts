// core: the settings of a node that have an effect, as a table: Kafka's names where Kafka has one, "ottla."
// otherwise. docs/CONFIG.md is written from it. Settings that topics can override stand in topic-defaults.ts.
import { setting } from "./definition.ts";
import { boolean, choice, int, list, listOf, long, positive, string } from "./value-types.ts";

/** Value of replica.selector.class. */
export const rackAwareSelector = "org.apache.kafka.common.replica.RackAwareReplicaSelector";

export const brokerSettings = [
  // ---- Who this node is ----
  setting(
    "process.roles",
    listOf("broker", "controller"),
    "broker,controller",
    "What this node is: a broker (holds partitions, serves clients), a controller (votes on the " +
      "metadata), or both.",
    { kafka: "none (required)", reason: "A node that is both needs no further decision." },
  ),
  setting("node.id", int(0), null, "Number of this node, unique in the cluster. Required."),
  setting("broker.id", int(0), null, "Older name of node.id."),
  setting(
    "cluster.id",
    string,
    null,
    "Identity of the cluster, 22 characters as `ottla format` prints them. Taken from the formatted " +
      "folders when not set; a folder of another cluster is refused.",
  ),
  setting("broker.rack", string, null, "Where this broker stands; replicas are spread over racks."),

  // ---- Where it listens ----
  setting(
    "listeners",
    list,
    "PLAINTEXT://:9092",
    "Where clients connect: NAME://host:port, separated by commas. Without a host, and without security " +
      "configured, the loopback address is taken; name 0.0.0.0 to listen everywhere.",
    {
      kafka: "PLAINTEXT://:9092 on all addresses",
      reason: "Nothing without security is offered to a network by accident.",
    },
  ),
  setting(
    "advertised.listeners",
    list,
    null,
    "What clients are told to connect to, NAME://host:port by listener name. Same as `listeners` when " +
      "not set.",
  ),
  setting(
    "listener.security.protocol.map",
    list,
    "PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL",
    "Security protocol by listener name. Only PLAINTEXT can be used yet.",
  ),
  setting(
    "controller.listener.names",
    list,
    null,
    "Names in `listeners` that are no client listeners: the first one says where peers connect, unless " +
      "ottla.peer.listener does.",
  ),
  setting(
    "controller.quorum.voters",
    list,
    null,
    "The controllers: id@host:port, or id@host:port:directoryId, separated by commas; the port is that " +
      "of ottla.peer.listener. This node alone when not set.",
  ),
  setting(
    "ottla.peer.listener",
    string,
    null,
    "host:port where other nodes connect (gRPC). Without it: the controller listener, else the port " +
      "after that of the first listener.",
  ),
  setting(
    "ottla.peer.advertised.listener",
    string,
    null,
    "host:port that other nodes are told to connect to. Without it: this node's entry among the voters, " +
      "else ottla.peer.listener.",
  ),
  setting(
    "ottla.http.listener",
    string,
    null,
    "host:port of /livez, /readyz, /metrics and /timeline. Off when not set.",
  ),

  // ---- Where its data is ----
  setting(
    "log.dirs",
    list,
    null,
    "Folders that hold the logs, separated by commas. The value of log.dir when not set.",
  ),
  setting("log.dir", string, "ottla-data", "The folder that holds the logs, when log.dirs is not set.", {
    kafka: "/tmp/kafka-logs",
    reason: "What is in /tmp does not last.",
  }),
  setting(
    "ottla.log.dir.reserve.bytes",
    long(0),
    "16777216",
    "Room on each disk that records leave to votes, metadata, checkpoints and indexes; when less is free, " +
      "writes are refused until there is room again.",
  ),
  setting(
    "metadata.log.dir",
    string,
    null,
    "Folder of the metadata log. The first of log.dirs when not set.",
  ),
  setting(
    "ottla.flush.policy",
    choice("durable", "os"),
    "durable",
    "durable: an in-sync replica's word counts once its bytes are on disk (group commit). os: once they " +
      "are in the page cache, as in Kafka.",
    {
      kafka: "os (log.flush.interval.messages never)",
      reason: "An acknowledged record survives a power cut of all machines at once.",
    },
  ),
  setting(
    "ottla.produce.validation",
    choice("full", "header"),
    "full",
    "full: the records of a produced batch are walked and checked. header: the batch's header and " +
      "checksum only.",
  ),

  // ---- Clients ----
  setting("socket.request.max.bytes", int(1), "104857600", "Largest request, in bytes."),
  setting("max.connections", int(0), "10000", "Client connections at a time.", {
    kafka: "2147483647",
    reason: "Every queue and table has a bound.",
  }),
  setting("max.connections.per.ip", int(0), "2147483647", "Client connections at a time from one address."),
  setting(
    "connections.max.idle.ms",
    long(-1),
    "600000",
    "A client connection on which nothing happens for this long is closed; -1: never.",
  ),
  setting(
    "replica.selector.class",
    choice(rackAwareSelector, "org.apache.kafka.common.replica.LeaderSelector"),
    null,
    "Which replica consumers read from. With RackAwareReplicaSelector a consumer that says its rack " +
      "(client.rack) is sent to an in-sync replica in it (KIP-392); otherwise to the leader.",
  ),
  setting("fetch.max.bytes", int(1024), "57671680", "Most bytes in one answer to a fetch."),
  setting(
    "max.incremental.fetch.session.cache.slots",
    int(0),
    "1000",
    "Incremental fetch sessions that are kept at a time; 0: none.",
  ),
  setting("delete.topic.enable", boolean, "true", "Whether topics can be deleted."),
  setting(
    "auto.create.topics.enable",
    boolean,
    "true",
    "Whether a topic is made when a client that allows it asks for one that is not there.",
  ),
  setting(
    "max.request.partition.size.limit",
    int(1),
    "2000",
    "Most partitions in one answer to DescribeTopicPartitions.",
  ),
  setting("num.partitions", int(1), "1", "Partitions of a topic whose creator does not say."),
  setting(
    "default.replication.factor",
    int(-1, 32_767),
    "-1",
    "Replicas of a topic whose creator does not say; -1: 3, or the number of brokers if that is less.",
    { kafka: "1", reason: "One copy is lost with one disk." },
  ),

  // ---- Failure detection and replication ----
  setting(
    "broker.heartbeat.interval.ms",
    int(10),
    "250",
    "Between heartbeats of a broker to the controller.",
    {
      kafka: "2000",
      reason: "A dead broker is noticed in a second, and a heartbeat on a stream costs next to nothing.",
    },
  ),
  setting(
    "broker.session.timeout.ms",
    int(100),
    "1500",
    "Silence after which the controller fences a broker and moves what it leads.",
    { kafka: "9000", reason: "Clients should feel a dead broker for a second or two, not for ten." },
  ),
  setting(
    "ottla.session.disconnect.grace.ms",
    int(0),
    "200",
    "What is left of a broker's session once its connection to the controller broke, unless it is heard " +
      "again.",
  ),
  setting(
    "auto.leader.rebalance.enable",
    boolean,
    "true",
    "Whether leadership goes back by itself to the preferred replicas, once they are in sync again.",
  ),
  setting(
    "leader.imbalance.check.interval.seconds",
    long(1),
    "300",
    "Between looks for leadership that should go back.",
  ),
  setting(
    "leader.imbalance.per.broker.percentage",
    int(0),
    "10",
    "Part of what a broker should lead that others may lead before it goes back, in percent.",
  ),
  setting(
    "replica.lag.time.max.ms",
    long(1),
    "5000",
    "How long a follower may be behind before it leaves the in-sync set.",
    { kafka: "30000", reason: "A follower that is stuck holds up every write with acks=all for this long." },
  ),
  setting(
    "controller.quorum.election.timeout.ms",
    int(50),
    "1000",
    "Silence of the active controller after which the others elect a new one.",
  ),
  setting(
    "metadata.log.max.record.bytes.between.snapshots",
    long(1024),
    "20971520",
    "Bytes of metadata records after which a snapshot is taken and older ones can go.",
  ),
  setting(
    "ottla.metadata.log.trailing.records",
    int(0),
    "10000",
    "Metadata records that stay in the log behind the latest snapshot, for followers that lag a little.",
  ),
  setting(
    "controlled.shutdown.enable",
    boolean,
    "true",
    "Whether a broker hands over what it leads before it stops.",
  ),
  setting(
    "unclean.leader.election.enable",
    boolean,
    "false",
    "Whether a replica outside the in-sync set may lead when no other is left, which loses records. " +
      "Topics can override it.",
  ),

  // ---- Logs of all topics ----
  setting(
    "producer.id.expiration.ms",
    int(1),
    "86400000",
    "Inactivity after which the state of an idempotent producer may be forgotten.",
  ),
  setting("log.retention.check.interval.ms", long(1), "300000", "Between looks for segments to remove."),
  setting(
    "log.cleaner.enable",
    boolean,
    "true",
    "Whether logs of topics with cleanup.policy=compact are compacted by this broker.",
  ),
  setting(
    "log.cleaner.backoff.ms",
    long(1),
    "15000",
    "Between looks for logs to compact, once there is none that needs it.",
  ),
  setting(
    "log.cleaner.dedupe.buffer.size",
    long(1024),
    "134217728",
    "Memory for the keys of one pass of compaction, at most, in bytes; a key takes 27. More keys take " +
      "more passes.",
  ),
  setting(
    "log.cleaner.io.max.bytes.per.second",
    positive,
    "33554432",
    "Bytes that compaction reads and writes a second, together.",
    { kafka: "no limit", reason: "Whoever writes and reads should not feel that logs are compacted." },
  ),
  setting(
    "ottla.log.level",
    choice("trace", "debug", "info", "warn", "error"),
    "info",
    "Least level that is logged.",
  ),
] as const;
