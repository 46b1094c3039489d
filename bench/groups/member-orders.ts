// port: what a process of group members is told to do, and what it tells; both travel between processes as
// JSON. Times are of the machine's monotonic clock, which all processes share.

export type GroupProtocol = "classic" | "cooperative" | "consumer";

export interface MemberSetup {
  readonly bootstrap: string;
  readonly topic: string;
  readonly groupId: string;
  /** "cooperative" is the classic protocol with the cooperative assignor alone. */
  readonly protocol: GroupProtocol;
  readonly sessionTimeoutMs: number;
  /** Reads everything, and from the start again at the end, to measure the rate. */
  readonly isEndless: boolean;
}

export type MemberOrder =
  | { readonly order: "join"; readonly members: readonly string[]; readonly setup: MemberSetup }
  | { readonly order: "leave"; readonly members: readonly string[] }
  | { readonly order: "count" };

export type MemberNews =
  /** The process is there, and has loaded the client. */
  | { readonly news: "ready" }
  /** Right before the first of them subscribes; before the first of them leaves. */
  | { readonly news: "joining" | "leaving"; readonly atMs: number }
  | { readonly news: "left"; readonly members: readonly string[] }
  | {
      readonly news: "owned" | "gone" | "delivered";
      readonly member: string;
      readonly partitions: readonly number[];
      readonly atMs: number;
    }
  | ({ readonly news: "counted" } & MemberCount)
  | { readonly news: "failed"; readonly reason: string };

/** What all members of a process have read so far. */
export interface MemberCount {
  readonly records: number;
  readonly bytes: number;
  readonly cpuSeconds: number;
  readonly atMs: number;
}
