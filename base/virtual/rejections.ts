// adapter: unhandled rejections during a simulation. Those of dead processes (RevokedError) are part of
// dying; all others are bugs, and are handed on.
import { RevokedError } from "./life.ts";

/** Answers a function that stops watching. */
export function watchRejections(onRejection: (reason: unknown) => void): () => void {
  const listen = (reason: unknown): void => {
    if (!(reason instanceof RevokedError)) onRejection(reason);
  };
  process.on("unhandledRejection", listen);
  return () => {
    process.off("unhandledRejection", listen);
  };
}
