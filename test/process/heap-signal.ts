// test: loaded into a broker process with `node --import`: at SIGUSR2 it collects garbage and writes what is
// left to a file in OTTLA_TEST_HEAP_FOLDER. So memory is compared after collection, not before.
import { renameSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

process.on("SIGUSR2", () => {
  collect();
  setTimeout(() => {
    collect();
    const folder = process.env.OTTLA_TEST_HEAP_FOLDER;
    if (folder === undefined) return;
    const file = `${folder}/heap-${process.pid}.json`;
    const { heapUsed, external, rss } = process.memoryUsage();
    writeFileSync(`${file}.new`, JSON.stringify({ heapUsed, external, rss }));
    renameSync(`${file}.new`, file);
  }, 50);
});
