// adapter: an accepted connection, made to receive into a buffer of ours. Node offers that (`onread`) for
// sockets that are opened and for those made around a handle, not for those that its server makes: so the
// handle is taken out of the server's socket, and a socket is made around it. What this touches is not
// documented; where anything of it is not as expected, the answer is null, and the server's socket serves.
import { type OnReadOpts, Socket } from "node:net";
import { limits } from "../limits.ts";

interface Handle {
  useUserBuffer(buffer: Buffer): void;
}

/** What Node's own sockets hold beside what is documented. */
interface Insides {
  _handle: Handle | null;
  /** The server that counts its connections. */
  _server: unknown;
  server: unknown;
}

/** `node` was accepted with `pauseOnConnect` and has not been used; when it is taken over, it is no more. */
export function takeOver(node: Socket, onread: OnReadOpts): Socket | null {
  const insides = node as unknown as Insides;
  const { _handle: handle, _server: server } = insides;
  if (typeof handle?.useUserBuffer !== "function" || server === undefined) return null;
  const options = { handle, onread, pauseOnCreate: true, highWaterMark: limits.socketHighWaterBytes };
  insides._handle = null;
  insides._server = null;
  const taken = new Socket(options as unknown as ConstructorParameters<typeof Socket>[0]);
  const takenInsides = taken as unknown as Insides;
  takenInsides._server = server;
  takenInsides.server = insides.server;
  taken.setNoDelay(true);
  node.destroy();
  return taken;
}
