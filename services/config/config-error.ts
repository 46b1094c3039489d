// core: a setting that cannot be used. The message names it, quotes the value, and says what is so and what
// should be.

export class ConfigError extends Error {
  /** Wrong input: what the command line ends with. */
  readonly exitCode = 2;

  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}
