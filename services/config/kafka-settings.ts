// core: settings of Kafka's that are accepted, so that configurations made for Kafka start here, but that
// have no effect (yet). Setting one to something else than its default is worth a warning.
import { withoutEffect as none } from "./definition.ts";
import { boolean, choice, fraction, int, list, long, longMaxText, string } from "./value-types.ts";

const later = "Belongs to a part that is not there yet.";
const ours = "Ottla has its own way of doing this.";
const secure = "Security is not there yet: without it, listen on loopback or in a closed network.";

export const kafkaSettings = [
  none("controller.quorum.bootstrap.servers", list, "", "Voters are named in controller.quorum.voters."),
  none(
    "inter.broker.listener.name",
    string,
    null,
    "Brokers talk gRPC to each other, on ottla.peer.listener.",
  ),
  none("security.inter.broker.protocol", string, "PLAINTEXT", secure),
  none("replica.fetch.max.bytes", int(0), "1048576", ours),
  none("replica.fetch.wait.max.ms", int(0), "500", ours),
  none("replica.fetch.min.bytes", int(0), "1", ours),
  none("replica.fetch.response.max.bytes", int(0), "10485760", ours),
  none("num.replica.fetchers", int(1), "1", ours),
  none("replica.high.watermark.checkpoint.interval.ms", long(1), "5000", ours),
  none("log.cleaner.enable", boolean, "true", later),
  none("log.cleaner.threads", int(0), "1", later),
  none("log.cleaner.dedupe.buffer.size", long(0), "134217728", later),
  none("log.cleaner.backoff.ms", long(0), "15000", later),
  none("num.network.threads", int(1), "3", ours),
  none("num.io.threads", int(1), "8", ours),
  none("num.recovery.threads.per.data.dir", int(1), "2", ours),
  none("queued.max.requests", int(1), "500", ours),
  none("request.timeout.ms", int(0), "30000", ours),
  none("controller.quorum.fetch.timeout.ms", int(1), "2000", ours),
  none("controller.quorum.election.backoff.max.ms", int(0), "1000", ours),
  none("controller.quorum.request.timeout.ms", int(1), "2000", ours),
  none("controller.quorum.append.linger.ms", int(0), "25", ours),
  none("metadata.log.max.snapshot.interval.ms", long(0), "3600000", ours),
  none("metadata.max.idle.interval.ms", int(0), "500", ours),
  none("socket.send.buffer.bytes", int(-1), "102400", ours),
  none("socket.receive.buffer.bytes", int(-1), "102400", ours),
  none("background.threads", int(1), "10", ours),

  none("group.share.enable", boolean, "false", later),
  none("transaction.state.log.num.partitions", int(1), "50", later),
  none("transaction.state.log.replication.factor", int(1), "3", later),
  none("transaction.state.log.min.isr", int(1), "2", later),
  none("transaction.max.timeout.ms", int(1), "900000", later),
  none("transactional.id.expiration.ms", int(1), "604800000", later),
  none("transaction.abort.timed.out.transaction.cleanup.interval.ms", int(1), "10000", later),
  none("transaction.partition.verification.enable", boolean, "true", later),

  none("authorizer.class.name", string, "", secure),
  none("super.users", string, "", secure),
  none("allow.everyone.if.no.acl.found", boolean, "false", secure),
  none("sasl.enabled.mechanisms", list, "GSSAPI", secure),
  none("connections.max.reauth.ms", long(0), "0", secure),
  none("ssl.client.auth", choice("required", "requested", "none"), "none", secure),
  none("quota.window.num", int(1), "11", later),
  none("quota.window.size.seconds", int(1), "1", later),
  none("remote.log.storage.system.enable", boolean, "false", later),
  none("compression.gzip.level", int(-1, 9), "-1", later),
  none("compression.lz4.level", int(1, 17), "9", later),
  none("compression.zstd.level", int(-131_072, 22), "3", later),
  none("log.message.downconversion.enable", boolean, "true", ours),
  none("log.flush.scheduler.interval.ms", long(0), longMaxText, "See ottla.flush.policy."),
  none("log.flush.offset.checkpoint.interval.ms", int(0), "60000", "See ottla.flush.policy."),
  none("log.cleaner.io.buffer.load.factor", fraction(), "0.9", later),
] as const;
