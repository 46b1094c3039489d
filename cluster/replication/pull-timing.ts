// core: the pace of pull streams. A stream that lives says something at least every beat, both ways, so that
// a connection that is dead without being closed is noticed and opened anew.

/** Silence after which one end sends an empty message, ms. */
export const pullBeatMs = 1000;
/**
 * A high watermark or log start that moved is told with the next records, or after this, ms: a message for it
 * alone costs both ends as much as one with a batch.
 */
export const pullNewsMs = 5;
/** Silence after which one end takes the stream for dead, ms. */
export const pullSilenceMaxMs = 5000;
/** Between attempts to open a stream, growing, with jitter, ms. */
export const reconnectMinMs = 30;
export const reconnectMaxMs = 1000;
/** Before a partition asks again that its leader could not serve just now, ms. */
export const askAgainMs = 250;
