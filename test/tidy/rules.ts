// test: the rules of the tree as data: who may import whom, where outside forces may be touched, and how
// large things may be. An exemption says why it is there and how much it allows; the number may only fall.

export const sizes = { fileLines: 400, functionLines: 70, lineLength: 110 };

/** Longest matching folder wins. A folder may always import itself. */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  proto: ["base"],
  "cluster/log": ["proto", "base"],
  "cluster/metadata": ["proto", "base"],
  "cluster/machine": ["proto", "base"],
  "cluster/raft": ["cluster/log", "cluster/machine", "proto", "base"],
  "cluster/controller": ["cluster/metadata", "cluster/machine", "proto", "base"],
  "cluster/replication": ["cluster/log", "cluster/metadata", "cluster/machine", "proto", "base"],
  "cluster/coordinator": ["cluster/metadata", "cluster/machine", "proto", "base"],
  "services/kafka": ["proto", "base"],
  "services/peer": ["proto", "base"],
  services: ["services", "cluster", "proto", "base"],
  client: ["proto", "base"],
  streams: ["client"],
  connect: ["client"],
  testing: ["services", "client", "base"],
  cli: ["services", "client", "proto", "base", "bench"],
  bench: ["services", "client", "proto", "base"],
  scripts: ["services", "cluster", "client", "proto", "base", "cli"],
  test: [
    "base",
    "proto",
    "cluster",
    "services",
    "client",
    "streams",
    "connect",
    "testing",
    "cli",
    "bench",
    "scripts",
  ],
};

/** Files that bind the real environment, by design. */
export const bindsRealEnv = [
  "cli/",
  "bench/",
  "client/index.ts",
  "services/embedded.ts",
  "services/start.ts",
  "services/format.ts",
  // The codecs only: they are deterministic, so a simulation runs the real ones.
  "base/virtual/world.ts",
  "test/",
];

/** Ambient time, timers and entropy; only adapters, entries and tests may name them. */
export const ambient: readonly RegExp[] = [
  /\bDate\.now\(/,
  /\bnew Date\(\)/,
  /\bMath\.random\(/,
  /\bperformance\.now\(/,
  /\bset(Timeout|Interval|Immediate)\(/,
  /\bprocess\.(hrtime|nextTick|env)\b/,
];

/**
 * Packages that are pure computation, allowed in any kind of file. re2js: the syntax of subscriptions by
 * regular expression is RE2's, and what they match is decided in a core.
 */
export const purePackages = ["@standard-schema/spec", "re2js"];

export const bannedNameParts = ["manager", "util", "utils", "helper", "helpers", "common", "impl"];

/** The only barrels: what a user imports. */
export const barrels = ["client/index.ts", "testing/index.ts"];

export interface Exemption {
  path: string;
  rule: string;
  allows: number;
  reason: string;
}

export const exemptions: readonly Exemption[] = [];
