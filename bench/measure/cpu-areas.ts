// core: what the CPU of a broker goes to, from the stacks that `perf script` prints: each sample counts for
// one area, found from the innermost frame outwards, so that the areas add up to all of it.

/** One sample: the name of the thread, and the frames, the innermost first. */
export interface Sample {
  readonly thread: string;
  readonly pid: number;
  readonly frames: readonly string[];
}

/** The first line of a block is the sample's, each further one a frame; an empty line ends it. */
export function* samplesOf(lines: Iterable<string>): Generator<Sample> {
  let head: { thread: string; pid: number } | null = null;
  let frames: string[] = [];
  for (const line of lines) {
    if (line.trim() === "") {
      if (head !== null) yield { ...head, frames };
      head = null;
      frames = [];
    } else if (head === null) {
      const match = /^\s*(.+?)\s+(\d+)(?:\/\d+)?(?:\s|$)/.exec(line);
      head = match === null ? null : { thread: match[1]!, pid: Number(match[2]) };
    } else {
      const match = /^\s+[0-9a-f]+ (.*) \(.*\)$/.exec(line);
      if (match !== null) frames.push(match[1]!.replace(/\+0x[0-9a-f]+$/, ""));
    }
  }
  if (head !== null) yield { ...head, frames };
}

type Rule = readonly [pattern: RegExp, area: string];

/** What the kernel was asked for; looked for in the whole stack: a kernel frame is the innermost. */
const calls: readonly Rule[] = [
  [/^__x64_sys_f(data)?sync$|^ext4_sync_file/, "kernel: fsync"],
  [/^__x64_sys_pwritev?(64)?$/, "kernel: write to a log"],
  [/^__x64_sys_pread(64)?$/, "kernel: read of a log"],
  [/^(__x64_sys_|ksys_|do_)(write|writev|sendmsg)$/, "kernel: send"],
  [/^(__x64_sys_|ksys_|do_)(read|readv|recvmsg)$/, "kernel: receive"],
  [/^__x64_sys_epoll_pwait/, "kernel: wait for sockets"],
];

const natives: readonly Rule[] = [
  [/^v8::internal::(Scaveng|MinorGC|MarkCompact|Heap::|Sweeper|.*GarbageCollect)/, "garbage collection"],
  [/^v8::internal::(compiler|maglev|turboshaft|interpreter|Compiler|baseline)/, "compiling"],
  [/^nghttp2_|^node::http2::/, "HTTP/2: nghttp2 and its binding"],
];

const scripts: readonly Rule[] = [
  [/node_modules\/@grpc\//, "grpc-js"],
  [/node:internal\/http2\//, "HTTP/2: node's JavaScript"],
  [/node:internal\/streams\//, "node's streams"],
  [/node_modules\//, "other libraries"],
  [/\/cluster\/log\//, "cluster/log"],
  [/\/cluster\/replication\//, "cluster/replication"],
  [/\/cluster\//, "cluster, the rest"],
  [/\/proto\//, "proto"],
  [/\/services\/peer\//, "services/peer"],
  [/\/services\//, "services, the rest"],
  [/\/base\//, "base"],
  [/node:/, "node's own JavaScript"],
];

const isScript = (frame: string): boolean => /(file:\/\/|node:|\s\/)\S*:\d+/.test(frame);
const isKernel = (frame: string): boolean =>
  /^(entry_SYSCALL_64|asm_|ret_from_fork|do_syscall_64)/.test(frame);

/** Of one sample. */
export function areaOf({ thread, frames }: Sample): string {
  if (/^V8Worker|^node-V8/.test(thread)) return "V8's helper threads";
  const call = frames.some(isKernel) ? ruled(calls, frames) : null;
  if (call !== null) return call;
  return /^libuv-worker/.test(thread) ? "libuv's threads, the rest" : innermost(frames);
}

function ruled(rules: readonly Rule[], frames: readonly string[]): string | null {
  for (const frame of frames) for (const [pattern, area] of rules) if (pattern.test(frame)) return area;
  return null;
}

function innermost(frames: readonly string[]): string {
  for (const frame of frames) {
    const area = ruled(natives, [frame]) ?? (isScript(frame) ? ruled(scripts, [frame]) : null);
    if (area !== null) return area;
  }
  return frames.some(isKernel) ? "kernel, the rest" : "node and libuv, the rest";
}

/** Areas and their samples, the largest first. */
export function countAreas(samples: Iterable<Sample>): { area: string; samples: number }[] {
  const counts = new Map<string, number>();
  for (const sample of samples) {
    const area = areaOf(sample);
    counts.set(area, (counts.get(area) ?? 0) + 1);
  }
  const found = [...counts].map(([area, count]) => ({ area, samples: count }));
  return found.sort((one, other) => other.samples - one.samples);
}
