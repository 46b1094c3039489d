// port: entropy. Seeded in simulation, the operating system's otherwise.

export interface Random {
  /** A whole number, uniform in [0, 2^32). */
  uint32(): number;
  /** Uniform in [0, 1). */
  float(): number;
  /** `length` fresh random bytes, owned by the caller. */
  bytes(length: number): Uint8Array;
}
