// shell: the operations of one broker, put together as BrokerApi.
import type { BrokerApi } from "../../proto/broker-api.ts";
import { apiVersions } from "./api-versions.ts";
import { withMissingTopics } from "./auto-create.ts";
import { alterConfigs, incrementalAlterConfigs } from "./config-changes.ts";
import { createPartitions } from "./create-partitions.ts";
import { deleteRecords } from "./delete-records.ts";
import { describeCluster } from "./describe-cluster.ts";
import { describeConfigs } from "./describe-configs.ts";
import { describeLogDirs } from "./describe-log-dirs.ts";
import { describeQuorum } from "./describe-quorum.ts";
import { describeTopicPartitions } from "./describe-topic-partitions.ts";
import { electLeaders } from "./elect-leaders.ts";
import { Fetches } from "./fetch.ts";
import { seen } from "./forwarding.ts";
import { findCoordinator } from "./groups/find-coordinator.ts";
import { consumerGroupDescribe, deleteGroups, describeGroups, listGroups } from "./groups/group-admin.ts";
import { consumerGroupHeartbeat, heartbeat, joinGroup, leaveGroup, syncGroup } from "./groups/membership.ts";
import { offsetCommit, offsetDelete, offsetFetch } from "./groups/offsets.ts";
import { ProducerIds } from "./init-producer-id.ts";
import { listOffsets } from "./list-offsets.ts";
import { metadata } from "./metadata.ts";
import { offsetForLeaderEpoch } from "./offset-for-leader-epoch.ts";
import { knowsCluster } from "./own-registration.ts";
import type { BrokerPorts } from "./ports.ts";
import { produce } from "./produce.ts";
import { addRaftVoter, removeRaftVoter } from "./raft-voters.ts";
import { createTopics, deleteTopics } from "./topic-changes.ts";

/** How long a client that asks for topics waits for a broker that has just begun. */
const knownWithinMs = 1_000;

export function createBroker(ports: BrokerPorts): BrokerApi {
  const fetches = new Fetches(ports);
  const producerIds = new ProducerIds(ports);
  return {
    apiVersions: async (request, context) => apiVersions(request, context),
    metadata: async (request, context) => {
      await seen(ports, (image) => knowsCluster(ports, image), knownWithinMs);
      return metadata(ports, await withMissingTopics(ports, request, context), context);
    },
    produce: (request, context) => produce(ports, request, context),
    fetch: (request, context) => fetches.fetch(request, context),
    listOffsets: async (request, context) => listOffsets(ports, request, context),
    offsetForLeaderEpoch: async (request, context) => offsetForLeaderEpoch(ports, request, context),
    createTopics: (request, context) => createTopics(ports, request, context),
    deleteTopics: (request, context) => deleteTopics(ports, request, context),
    createPartitions: (request, context) => createPartitions(ports, request, context),
    deleteRecords: (request) => deleteRecords(ports, request),
    electLeaders: (request, context) => electLeaders(ports, request, context),
    incrementalAlterConfigs: (request, context) => incrementalAlterConfigs(ports, request, context),
    alterConfigs: (request, context) => alterConfigs(ports, request, context),
    describeTopicPartitions: async (request, context) => describeTopicPartitions(ports, request, context),
    describeLogDirs: async (request) => describeLogDirs(ports, request),
    initProducerId: (request, context) => producerIds.initProducerId(request, context),
    describeCluster: async (request, context) => describeCluster(ports, request, context),
    addRaftVoter: (request, context) => addRaftVoter(ports, request, context),
    removeRaftVoter: (request, context) => removeRaftVoter(ports, request, context),
    describeQuorum: (request, context) => describeQuorum(ports, request, context),
    describeConfigs: async (request, context) => describeConfigs(ports, request, context),
    findCoordinator: (request, context) => findCoordinator(ports, request, context),
    joinGroup: (request, context) => joinGroup(ports, request, context),
    syncGroup: (request, context) => syncGroup(ports, request, context),
    heartbeat: (request, context) => heartbeat(ports, request, context),
    leaveGroup: (request, context) => leaveGroup(ports, request, context),
    offsetCommit: (request, context) => offsetCommit(ports, request, context),
    offsetFetch: (request, context) => offsetFetch(ports, request, context),
    offsetDelete: (request) => offsetDelete(ports, request),
    describeGroups: (request) => describeGroups(ports, request),
    listGroups: (request) => listGroups(ports, request),
    deleteGroups: (request) => deleteGroups(ports, request),
    consumerGroupHeartbeat: (request, context) => consumerGroupHeartbeat(ports, request, context),
    consumerGroupDescribe: (request) => consumerGroupDescribe(ports, request),
  };
}
