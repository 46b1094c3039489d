// entry: `import { Cluster } from "ottla/testing"`: whole clusters inside a test's own process. See
// docs/TESTING.md.
export { ClusterError, type ClusterErrorCode } from "../services/embedded/cluster-error.ts";
export type { ClusterOptions, LogLine, Settings } from "../services/embedded/cluster-options.ts";
export type { BrokerState, EmbeddedBroker, IsolatedFrom } from "../services/embedded/embedded-broker.ts";
export { Cluster } from "./cluster.ts";
