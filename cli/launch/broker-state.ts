// adapter: asks a broker over HTTP whether it is ready.

/** Null when the broker is ready, else what it or the attempt says. */
export async function notReady(http: string): Promise<string | null> {
  try {
    const answer = await fetch(`http://${http}/readyz`, { signal: AbortSignal.timeout(1_000) });
    return answer.ok ? null : await answer.text();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
