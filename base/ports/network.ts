// port: byte streams between processes (TCP in production). The Kafka protocol runs on it, from both ends.
//
// A connection neither loses, repeats nor reorders bytes while it lives; it may end at any moment, and then a
// suffix of what was written may or may not have been acted on by the other end.
//
// Buffers: a chunk given to `onData` is only lent for the duration of the call (it may be a slab that is
// refilled next): copy what must be kept. A buffer given to `write` is given away: the caller must not change
// it afterwards.

export interface Address {
  host: string;
  port: number;
}

export interface SocketEvents {
  onData(chunk: Uint8Array): void;
  /** The write buffer has drained after `write` answered false. */
  onDrain(): void;
  /**
   * Called exactly once, when the connection is over for whatever reason, `destroy` included. No event
   * follows it.
   */
  onClose(error: Error | null): void;
}

export interface Socket {
  readonly remote: Address;
  /** Must be called once, in the same turn in which the socket was received; data waits for it. */
  start(events: SocketEvents): void;
  /**
   * Queues all chunks in order. False: more than the high-water mark is queued; hold back until `onDrain`.
   */
  write(chunks: readonly Uint8Array[]): boolean;
  /** Bytes queued and not yet handed to the operating system. */
  pendingBytes(): number;
  /** Stops, and starts again, the delivery of data (back-pressure to the sender). */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes at once; what is queued is dropped. */
  destroy(): void;
}

export interface Listener {
  /** Where it listens; the real port when 0 was asked for. */
  readonly address: Address;
  /** Stops accepting; open connections stay. */
  close(): Promise<void>;
}

export interface Network {
  /** Rejects with an Error whose `code` is EADDRINUSE (or other) when it cannot listen. */
  listen(options: { host: string; port: number; onConnection: (socket: Socket) => void }): Promise<Listener>;
  /** Rejects when refused, unreachable or not there within `timeoutMs`. */
  connect(options: { host: string; port: number; timeoutMs: number }): Promise<Socket>;
}
