// shell: the file of leader epochs beside the segments of a log, Kafka's leader-epoch-checkpoint with a
// checksum: replaced as a whole, one replacement at a time.
import type { Env } from "../../base/ports/env.ts";
import { readWholeFile, replaceFile } from "./atomic-file.ts";
import { checkedBytes, checkedText } from "./checkpoint.ts";
import { EpochCache } from "./epoch-cache.ts";

type FileEnv = Pick<Env, "disk" | "codecs" | "log">;

const fileName = "leader-epoch-checkpoint";

export class EpochFile {
  /** It lacks epochs that the log has. */
  isBehind = false;
  readonly #env: FileEnv;
  readonly #path: string;
  readonly #name: string;
  #written: Promise<void> = Promise.resolve();

  constructor(env: FileEnv, folder: { path: string; name: string }) {
    this.#env = env;
    this.#path = folder.path;
    this.#name = folder.name;
  }

  /** On stable storage when it resolves, as `epochs` says when its turn comes. */
  write(epochs: () => EpochCache): Promise<void> {
    const written = this.#written.then(async () => {
      this.isBehind = false;
      try {
        const { disk, codecs } = this.#env;
        const bytes = checkedBytes(epochs().toText(), (part) => codecs.crc32c(part));
        await replaceFile(disk, this.#path, fileName, bytes);
      } catch (error) {
        this.isBehind = true;
        throw error;
      }
    });
    this.#written = written.catch(() => {});
    return written;
  }

  /** Null when the file is missing or damaged, or does not reach down to the log's start. */
  read(startOffset: number): EpochCache | null {
    const { disk, codecs, log } = this.#env;
    const file = `${this.#path}/${fileName}`;
    const bytes = readWholeFile(disk, file);
    if (bytes === null) return null;
    const text = checkedText(bytes, (part) => codecs.crc32c(part));
    const epochs = text === null ? null : EpochCache.fromText(text);
    if (epochs === null) log.warn({ log: this.#name, file }, "a damaged file of leader epochs is not used");
    // Without any it may be of a log that started anew, and whose new start did not last.
    const first = epochs?.firstStart ?? Number.MAX_SAFE_INTEGER;
    const firstBase = disk.list(this.#path).find((name) => /^\d{20}\.log$/.test(name));
    return first <= Math.max(startOffset, Number(firstBase?.slice(0, 20) ?? 0)) ? epochs : null;
  }
}
