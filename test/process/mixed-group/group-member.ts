// test: one member of a consumer group, whatever client it is made of. Every client that joins groups has one
// adapter in this folder; a test holds members only by this.

export interface GroupPlace {
  readonly bootstrap: string;
  readonly group: string;
  readonly topic: string;
}

export interface SeenRecord {
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
}

/** What a member was told to read. */
export interface Assignment {
  readonly partitions: readonly number[];
  /** Of the group, when the client says it; null: it does not. */
  readonly generation: number | null;
}

export interface MemberOptions {
  /** The name of the assignor that all members of the group know. */
  readonly assignor?: string;
  /** group.instance.id: the member is a static one. */
  readonly instanceId?: string;
  readonly sessionTimeoutMs?: number;
}

/** Reads from the committed offset or the beginning, and commits what it has processed every now and then. */
export interface GroupMember {
  /** Of this member only. */
  readonly name: string;
  /** Called for every record that was processed, before its offset is committed. */
  onRecord: (record: SeenRecord) => void;
  onAssignment: (assignment: Assignment) => void;
  start(place: GroupPlace): void;
  /** What it reads now; null: nothing was assigned to it, or it is giving it back. */
  assignment(): Assignment | null;
  /** Commits, leaves the group (a static member does not) and ends. */
  stop(): Promise<void>;
  /** `kill -9`: nothing more is committed, nobody is told. */
  kill(): Promise<void>;
  /** SIGSTOP: it says nothing until `resume`, and does not know that time passes. */
  pause(): void;
  resume(): void;
  /** What it sent, as "JoinGroup 5"; empty when the client does not say. */
  readonly requests: ReadonlySet<string>;
  /** The last words of the client, for the text of a failure. */
  lastWords(): string;
}

export interface Client {
  readonly name: string;
  /** Null: it can be had here; otherwise what is missing. */
  readonly missing: string | null;
  member(name: string, options?: MemberOptions): GroupMember;
}
