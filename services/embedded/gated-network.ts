// shell: the network towards clients as one life sees it. While the broker is paused, bytes wait as they
// would in the kernel's buffers; while it is cut off from clients, connections seem to live on, and new ones
// are not answered. At the end every connection is closed.
import type { Listener, Network } from "../../base/ports/network.ts";
import { type BrokerLife, settled } from "./broker-life.ts";
import { GatedSocket, type SocketGate } from "./gated-socket.ts";

export function gatedNetwork(inner: Network, gate: SocketGate): Network {
  const { life } = gate;
  return {
    connect: (options) => {
      life.check();
      const opened = inner.connect(options);
      return settled(
        life,
        opened.then((socket) => new GatedSocket(socket, gate, null)),
      );
    },
    listen: (options) => {
      life.check();
      const opened = inner.listen({
        host: options.host,
        port: options.port,
        onConnection: (socket) => {
          new GatedSocket(socket, gate, options.onConnection);
        },
      });
      return settled(
        life,
        opened.then((listener) => gatedListener(listener, life)),
      );
    },
  };
}

function gatedListener(inner: Listener, life: BrokerLife): Listener {
  const takeBack = life.atEnd(() => inner.close());
  return {
    address: inner.address,
    close: () => {
      takeBack();
      return settled(life, inner.close());
    },
  };
}
