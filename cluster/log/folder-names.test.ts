// test: logs of topics whose names differ by case alone, on disks that go by it and on disks that do not.
import { describe, expect, it } from "vitest";
import type { Disk } from "../../base/ports/disk.ts";
import { createVirtualWorld } from "../../base/virtual/world.ts";
import { caseBlind } from "../../test/log/case-blind-disk.ts";
import { logConfig, openDirectory, topicId } from "../../test/log/log-model.ts";

const otherId = "AAAAAAAAAAAAAAAAAAAAAg";
const small = { topicName: "flights", partition: 0 };
const large = { topicName: "Flights", partition: 0 };

async function directoryOn(around: (disk: Disk) => Disk) {
  const world = createVirtualWorld({ seed: 1 });
  const node = world.addNode("n1");
  const env = node.start();
  const opened = await openDirectory(world, node, () => {}, { env: { ...env, disk: around(env.disk) } });
  return opened.directory;
}

describe("topics whose names differ by case alone", () => {
  it("have a log each where the disk goes by case", async () => {
    const directory = await directoryOn((disk) => disk);
    const logs = [directory.openLog(small, topicId, logConfig), directory.openLog(large, otherId, logConfig)];
    expect(logs[0]).not.toBe(logs[1]);
    expect(directory.failure).toBeNull();
  });

  it("are refused the second log where it does not, until the first one is gone", async () => {
    const directory = await directoryOn(caseBlind);
    const log = directory.openLog(small, topicId, logConfig);
    expect(() => directory.openLog(large, otherId, logConfig)).toThrow(
      'the file system of /data does not tell "Flights-0" from "flights-0"',
    );
    expect(directory.failure).toBeNull();
    expect(directory.openLog(small, topicId, logConfig)).toBe(log);
    directory.deleteLog(small);
    expect(directory.openLog(large, otherId, logConfig)).not.toBe(log);
  });
});
