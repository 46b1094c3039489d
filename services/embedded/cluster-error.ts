// core: what a cluster inside a test refuses, or cannot do.

/**
 * INVALID_OPTION: an option or setting that cannot be. WRONG_STATE: the broker or cluster is not in a state
 * for that. NOT_READY: it took longer than it was given. HALTED: a broker stopped itself, which is a bug or a
 * lost disk.
 */
export type ClusterErrorCode = "INVALID_OPTION" | "WRONG_STATE" | "NOT_READY" | "HALTED";

export class ClusterError extends Error {
  readonly code: ClusterErrorCode;

  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ClusterError";
    this.code = code;
  }
}
