// core: one member of a group of the classic protocol, as its coordinator knows it while it lives. Who waits
// for an answer is a token here; the shell knows the promise behind it.
import type { ClassicMemberRecord } from "../state/group-state.ts";

/** Stands for a request that waits for its answer. */
export type Token = number;

export interface Protocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

export interface WaitingJoin {
  readonly token: Token;
  readonly apiVersion: number;
}

export class ClassicMember {
  memberId: string;
  readonly groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  /** In the order of its preference. */
  protocols: readonly Protocol[];
  assignment: Uint8Array = new Uint8Array(0);
  joining: WaitingJoin | null = null;
  syncing: Token | null = null;
  /** It was never told of a generation: nobody may be there who waits for the answer. */
  isNew = false;
  /** It is known from the log only: it has said nothing to this coordinator. */
  isSilentSinceLoad = false;
  /** In the coordinator's time; it is gone when nothing was heard of it until then. */
  deadlineMs = Number.POSITIVE_INFINITY;

  constructor(options: {
    memberId: string;
    groupInstanceId: string | null;
    clientId: string;
    clientHost: string;
    rebalanceTimeoutMs: number;
    sessionTimeoutMs: number;
    protocols: readonly Protocol[];
  }) {
    this.memberId = options.memberId;
    this.groupInstanceId = options.groupInstanceId;
    this.clientId = options.clientId;
    this.clientHost = options.clientHost;
    this.rebalanceTimeoutMs = options.rebalanceTimeoutMs;
    this.sessionTimeoutMs = options.sessionTimeoutMs;
    this.protocols = options.protocols;
  }

  static fromRecord(record: ClassicMemberRecord, protocol: string | null): ClassicMember {
    const { subscription, assignment, ...facts } = record;
    const protocols = protocol === null ? [] : [{ name: protocol, metadata: subscription }];
    const member = new ClassicMember({ ...facts, protocols });
    member.assignment = assignment;
    member.isSilentSinceLoad = true;
    return member;
  }

  toRecord(protocol: string): ClassicMemberRecord {
    return {
      memberId: this.memberId,
      groupInstanceId: this.groupInstanceId,
      clientId: this.clientId,
      clientHost: this.clientHost,
      rebalanceTimeoutMs: this.rebalanceTimeoutMs,
      sessionTimeoutMs: this.sessionTimeoutMs,
      subscription: this.metadataOf(protocol),
      assignment: this.assignment,
    };
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null;
  }

  /** While it waits for an answer the connection may be quiet: it does not expire. */
  get isExcused(): boolean {
    return !this.isNew && (this.joining !== null || this.syncing !== null);
  }

  supports(protocol: string): boolean {
    return this.protocols.some(({ name }) => name === protocol);
  }

  /** Empty when it does not know the protocol: then it was chosen without it. */
  metadataOf(protocol: string): Uint8Array {
    return this.protocols.find(({ name }) => name === protocol)?.metadata ?? new Uint8Array(0);
  }

  hasSameProtocols(protocols: readonly Protocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(({ name, metadata }, at) => {
        const own = this.protocols[at]!;
        return own.name === name && equalBytes(own.metadata, metadata);
      })
    );
  }
}

export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
