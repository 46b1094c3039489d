// core: a setting that cannot be used. The message names it, quotes the value, and says what is so and what
// should be.

export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}
