// adapter: entropy of the operating system, drawn in blocks because one call for 4 bytes costs a microsecond.
import { randomFillSync } from "node:crypto";
import type { Random } from "../ports/random.ts";

const blockBytes = 4096;

class RealRandom implements Random {
  private readonly block = Buffer.allocUnsafeSlow(blockBytes);
  private at = blockBytes;

  uint32(): number {
    if (this.at + 4 > blockBytes) {
      randomFillSync(this.block);
      this.at = 0;
    }
    const value = this.block.readUInt32LE(this.at);
    this.at += 4;
    return value;
  }

  float(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  bytes(length: number): Uint8Array {
    return randomFillSync(new Uint8Array(length));
  }
}

export function realRandom(): Random {
  return new RealRandom();
}
