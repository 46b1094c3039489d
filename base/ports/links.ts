// port: ordered pipes of whole messages between brokers, for a wire between them that is not gRPC: the one of
// the simulation and the one of brokers that share a process. Machines are known by name.
//
// A link neither loses, repeats nor reorders messages while it lives; it may end at any moment, and then a
// suffix of what was sent may or may not have been acted on by the other end.

export interface LinkEvents {
  /** One message, whole; it belongs to the receiver. */
  onMessage(message: Uint8Array): void;
  onDrain?(): void;
  /** Exactly once, also when the link never stood; nothing follows. */
  onClose(error: Error | null): void;
}

/** One end of a link. */
export interface Link {
  /** The machine at the other end. */
  readonly remote: string;
  /** Once, in the turn in which the link was received. */
  start(events: LinkEvents): void;
  /** Queues a message (given away). False: hold back until `onDrain`. */
  send(message: Uint8Array): boolean;
  /** Sends what is queued, then closes. */
  end(): void;
  destroy(): void;
}

export interface Links {
  /** Accepts links to `service` on this machine; answers a function that stops. */
  listen(service: string, onLink: (link: Link) => void): () => void;
  /**
   * Opens a link at once; messages wait until it stands. If it never does, it closes with an error (refused,
   * or not there within `timeoutMs`).
   */
  open(to: string, service: string, options: { timeoutMs: number }): Link;
}
