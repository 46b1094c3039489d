// test: samples of perf are told apart, and each counts for the area that its innermost telling frame names.
import { describe, expect, it } from "vitest";
import { areaOf, countAreas, samplesOf } from "./cpu-areas.ts";

const text = `MainThread  4096/4096  [001] 10.5:
\tffffffff81 tcp_sendmsg_locked+0x10 ([kernel.kallsyms])
\tffffffff82 ksys_write+0x6 ([kernel.kallsyms])
\tffffffff83 entry_SYSCALL_64_after_hwframe+0x76 ([kernel.kallsyms])
\t7f01 JS:*Socket._write node:net:1273:35 (/tmp/perf-4096.map)

V8Worker  4096/4100
\t5501 v8::internal::compiler::GraphReducer::Reduce+0x1 (/usr/bin/node)

libuv-worker 4095/4102
\tffffffff81 iowrite16 ([kernel.kallsyms])
\tffffffff82 __x64_sys_fsync+0x3 ([kernel.kallsyms])
\tffffffff83 entry_SYSCALL_64_after_hwframe+0x76 ([kernel.kallsyms])
`;

const main = (...frames: string[]) => ({ thread: "MainThread", pid: 1, frames });

describe("what the CPU goes to", () => {
  it("reads samples", () => {
    const samples = [...samplesOf(text.split("\n"))];
    expect(samples.map(({ thread, pid, frames }) => [thread, pid, frames.length])).toEqual([
      ["MainThread", 4096, 4],
      ["V8Worker", 4096, 1],
      ["libuv-worker", 4095, 3],
    ]);
    expect(countAreas(samples)).toEqual([
      { area: "kernel: send", samples: 1 },
      { area: "V8's helper threads", samples: 1 },
      { area: "kernel: fsync", samples: 1 },
    ]);
  });

  it("goes outwards until a frame tells", () => {
    const log = "JS:*append file:///srv/ottla/cluster/log/segment.ts:80:3";
    const grpc = "JS:*write /srv/ottla/node_modules/@grpc/grpc-js/build/src/stream-decoder.js:37:10";
    expect(areaOf(main("Builtins_LoadIC", log, grpc))).toBe("cluster/log");
    expect(areaOf(main("__memmove_avx", grpc, log))).toBe("grpc-js");
    expect(areaOf(main("nghttp2_session_mem_recv2", "uv_run"))).toBe("HTTP/2: nghttp2 and its binding");
    expect(areaOf(main("v8::internal::ScavengerCollector::CollectGarbage", log))).toBe("garbage collection");
    expect(areaOf(main("uv__io_poll", "uv_run"))).toBe("node and libuv, the rest");
  });
});
