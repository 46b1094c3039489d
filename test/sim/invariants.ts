// test: every promise that the simulation holds the product to, by the name under which it is counted and
// reported. One checker looks at each; DESIGN section 3 says why they must hold.

export const invariants = [
  // Consensus on metadata.
  "raft: one leader per term",
  "raft: a term is on disk before a message of it leaves",
  "raft: a vote is on disk before the answer leaves",
  "raft: what a follower confirms is on its disk",
  "raft: a leader holds all that is committed",
  "raft: a leader commits by counting only what is of its own term",
  "raft: what is committed is on the disks of a majority",
  "raft: one change of the voters at a time",
  "raft: what is committed is in a log",
  "raft: a committed entry is the same on every node",
  "raft: the commit end never goes back",

  // The picture of the cluster.
  "metadata: nothing is applied before it is committed",
  "metadata: the same image at the same end",
  "metadata: a leader is in its in-sync set",
  "metadata: in-sync and eligible sets are of replicas",
  "metadata: somebody is in sync or eligible",
  "metadata: partition epochs rise with every change",
  "metadata: leader epochs rise with every leader",
  "metadata: a registration raises the epoch of all the broker led",
  "metadata: an in-sync set grows only as its leader asked at this partition epoch",
  "metadata: a replica joins an in-sync set only in the life that its leader spoke of",

  // Partitions.
  "partition: one leader per leader epoch",
  "partition: a leader holds all that is committed",
  "partition: only a leader commits",
  "partition: nothing is committed below min.insync.replicas",
  "partition: every in-sync replica holds all that is committed",
  "partition: what a follower says it holds is on its disk",
  "partition: a committed record is the same on every replica",
  "partition: a replica knows of each producer what its log says",
  "partition: the high watermark is within the log",
  "partition: the high watermark never goes back",
  "partition: at rest all replicas are equal below the high watermark",

  // Records that are not kept for ever.
  "retention: only what is committed goes",
  "retention: what is younger, or not yet too much, stays",
  "retention: a follower's log starts where a leader's did",

  // Groups.
  "groups: coordinators have the same at the same end",
  "groups: a partition has one owner",
  "groups: generations never go back",
  "groups: what is committed was processed",
  "groups: a commit that was acknowledged is the one fetched later",
  "groups: an accepted commit carries the current generation",
  "groups: a member leaves within a bounded time",

  // What clients see.
  "client: a record is reported once",
  "client: nothing is acknowledged before it is committed",
  "client: what was acknowledged is there",
  "client: a record is there once",
  "client: a record is where its acknowledgement said",
  "client: records of a key are in the order in which they were sent",
  "client: nothing is read that was not sent",
  "client: what one reader saw all readers see",
  "client: what a reader saw does not vanish",
  "client: a topic that was made is there, one that was deleted is not",
  "client: only faults make calls fail",

  // The whole.
  "progress: the cluster comes to rest after faults",
  "node: no process ends by itself",
  "node: the disk of another node is refused",
  "node: no promise is left alone",
  "bounds: connections end when nobody needs them",
] as const;

export type Invariant = (typeof invariants)[number];
