// port: what crosses between a node and the thread that does its cleaning.
import type { TroubleParts } from "../../cluster/log/cleaning/cleaning-trouble.ts";
import type {
  CleaningJob,
  GatheredKeys,
  RewriteJob,
  Rewritten,
} from "../../cluster/log/cleaning/cleaning-work.ts";

/** `pass`: number of a pass. A call has a number, by which it is answered. */
export type ToThread =
  | { readonly kind: "begin"; readonly pass: number; readonly job: CleaningJob }
  | { readonly kind: "gather"; readonly pass: number; readonly call: number }
  | { readonly kind: "rewrite"; readonly pass: number; readonly call: number; readonly job: RewriteJob }
  | { readonly kind: "end"; readonly pass: number }
  | { readonly kind: "rate"; readonly bytesPerSecond: number };

export type FromThread =
  | { readonly call: number; readonly value: GatheredKeys | Rewritten }
  | { readonly call: number; readonly trouble: TroubleParts }
  /** Something that should not happen; the thread is given up. */
  | { readonly call: number; readonly failure: string };
