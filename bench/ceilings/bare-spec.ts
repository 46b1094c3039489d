// port: what the processes of a bare program are told and what they tell.

export type BareTransport = "tcp" | "grpc";

export interface BareSpec {
  transport: BareTransport;
  /** Of this process, from 0; it leads every partition whose number modulo `processes` is this. */
  place: number;
  processes: number;
  partitions: number;
  topic: string;
  folder: string;
}

/** Ports on loopback. */
export interface BareMember {
  clientPort: number;
  peerPort: number;
}

export type ToBare = { spec: BareSpec } | { members: BareMember[] };
export type FromBare = { listening: BareMember } | { isReady: true };
