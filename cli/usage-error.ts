// core: the two ways a command can fail, which decide its exit code.

/** Wrong usage or input: exit code 2. The message names the thing and the remedy. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** The cluster refused or failed: exit code 1. */
export class ClusterFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ClusterFailure";
  }
}
