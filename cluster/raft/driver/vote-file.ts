// shell: term and vote on disk, in one small file that is replaced as a whole: written beside, synced,
// renamed, the folder synced. Whoever reads it gets the old or the new one, never a part.
//
//   0 "OTVF" | 4 version u16 = 1 | 6 CRC-32C u32 of the rest | 10 term i64 | 18 voted id i32 (-1: nobody)
//   22 voted directory 16 | 38 own id i32 | 42 own directory 16 | 58
//
// A damaged file is refused: a node that forgot its vote could vote twice. The file names its owner, so that
// it does not count in another node's folder. Source: Raft paper, figure 2 (persistent state).
import type { Codecs } from "../../../base/ports/codecs.ts";
import type { Disk } from "../../../base/ports/disk.ts";
import { type Uuid, uuidFromBytes, uuidToBytes } from "../../../base/uuid.ts";
import {
  readInt16,
  readInt32,
  readInt64,
  writeInt16,
  writeInt32,
  writeInt64,
} from "../../../proto/batch/header.ts";
import type { HardState } from "../core/words.ts";

const magic = 0x4f545646;
const version = 1;
const fileBytes = 58;
const checkedFrom = 10;

export interface VoteFileOptions {
  readonly disk: Disk;
  readonly codecs: Codecs;
  readonly folder: string;
  readonly nodeId: number;
  readonly directoryId: Uuid;
}

export class VoteFile {
  private readonly options: VoteFileOptions;
  private readonly path: string;

  constructor(options: VoteFileOptions) {
    this.options = options;
    this.path = `${options.folder}/vote`;
  }

  /** Null when there is none. Throws an Error that says what is wrong when it cannot be believed. */
  read(): HardState | null {
    const { disk } = this.options;
    if (!disk.exists(this.path)) return null;
    const file = disk.open(this.path, { create: false });
    try {
      const bytes = new Uint8Array(fileBytes);
      const length = file.readAt(bytes, 0);
      return this.decode(bytes, Math.max(length, file.size()));
    } finally {
      file.close();
    }
  }

  /**
   * What `read` answered lasts once this resolves: the process before this one may have died between the
   * rename and the sync of the folder, and whoever votes again relies on what was read.
   */
  makeLast(): Promise<void> {
    return this.options.disk.syncDirectory(this.options.folder);
  }

  /** On stable storage once it resolves. One call at a time. */
  async write(state: HardState): Promise<void> {
    const { disk, folder } = this.options;
    const beside = `${this.path}.new`;
    const file = disk.open(beside, { create: true });
    try {
      file.truncate(0);
      file.writeAt([this.encode(state)], 0);
      await file.sync();
    } finally {
      file.close();
    }
    await disk.replace(beside, this.path);
    await disk.syncDirectory(folder);
  }

  private encode({ term, vote }: HardState): Uint8Array {
    const { codecs, nodeId, directoryId } = this.options;
    const bytes = new Uint8Array(fileBytes);
    writeInt32(bytes, 0, magic);
    writeInt16(bytes, 4, version);
    writeInt64(bytes, 10, term);
    writeInt32(bytes, 18, vote?.id ?? -1);
    const voted = vote === null ? null : uuidToBytes(vote.directoryId);
    if (voted !== null) bytes.set(voted, 22);
    writeInt32(bytes, 38, nodeId);
    const own = uuidToBytes(directoryId);
    if (own !== null) bytes.set(own, 42);
    writeInt32(bytes, 6, codecs.crc32c(bytes.subarray(checkedFrom)) | 0);
    return bytes;
  }

  private decode(bytes: Uint8Array, length: number): HardState {
    const { codecs, nodeId, directoryId } = this.options;
    if (readInt32(bytes, 0) !== magic) throw this.refusal("it does not begin as a vote file does");
    const found = readInt16(bytes, 4);
    if (found !== version) {
      throw this.refusal(`its format has version ${found}; this release reads version ${version}`);
    }
    const isWhole = length === fileBytes;
    if (!isWhole) throw this.refusal(`it has ${length} bytes, not ${fileBytes}`);
    if (readInt32(bytes, 6) >>> 0 !== codecs.crc32c(bytes.subarray(checkedFrom))) {
      throw this.refusal("its checksum does not fit: it is damaged");
    }
    const owner = `${readInt32(bytes, 38)}/${uuidFromBytes(bytes.subarray(42))}`;
    if (owner !== `${nodeId}/${directoryId}`) {
      throw this.refusal(`it belongs to node/directory ${owner}, this is ${nodeId}/${directoryId}`);
    }
    const votedId = readInt32(bytes, 18);
    const vote = votedId < 0 ? null : { id: votedId, directoryId: uuidFromBytes(bytes.subarray(22)) };
    return { term: readInt64(bytes, 10), vote };
  }

  private refusal(why: string): Error {
    return new Error(
      `reading the vote file "${this.path}": ${why}. Without its vote this node could vote twice in a ` +
        "term; remove it from the voters and add it again with an empty folder",
    );
  }
}
