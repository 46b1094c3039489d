// core: broken invariants. An assertion that fails means this process's picture of the world is wrong, so it
// must not go on.

export class InvariantError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvariantError";
  }
}

/**
 * Throws InvariantError when `condition` is false; say in `message` what should have been so, with the
 * values.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** For branches that the types rule out. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable value ${JSON.stringify(value)}`);
}
