import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export interface TcpProxy {
  /** Where it listens, on 127.0.0.1. Stays the same after `cut` and `restore`. */
  readonly port: number;
  /** Drops every connection at once, both ways, and refuses new ones. */
  cut(): Promise<void>;
  /**
   * Takes connections again, and passes bytes as they come. Connections that were half open are dropped, or with
   * `keepDeaf` stay as they are: as where something on the way has forgotten them, and neither end is told.
   */
  restore(options?: { readonly keepDeaf: boolean }): Promise<void>;
  /** Holds every chunk back, both ways, for this many milliseconds; order is kept. */
  slow(ms: number): void;
  /**
   * Accepts, reads and swallows: no byte, no end and no reset reaches the other side, on open connections as on new ones.
   * After `cut`, call `restore` first.
   */
  halfOpen(): void;
  /**
   * Ends connections towards the server, which knows them by these ports of its clients, as a device on the way does that has
   * forgotten them. A client is not told until it sends something: that is answered with a reset.
   */
  forget(clientPorts: readonly number[]): void;
  /** Drops every connection and frees the port. */
  stop(): Promise<void>;
}

/**
 * Stands between a client and the server at 127.0.0.1:`targetPort`, for tests that break the network on purpose. Passes
 * bytes on until told otherwise. One direction's end is passed on as an end; an error ends both sides with a reset.
 */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const links = new Set<Link>();
  const network: Network = { delayMs: 0, isSwallowing: false };
  const accept = (client: Socket) => {
    const link = network.isSwallowing ? swallowing(client) : passing(client, targetPort, network);
    links.add(link);
    for (const socket of socketsOf(link)) socket.once("close", () => forgetWhenClosed(links, link));
  };
  let server = await listen(0, accept);
  const port = portOf(server);
  const cut = async () => {
    const closed = close(server);
    for (const link of links) drop(link);
    await closed;
  };

  return {
    port,
    cut,
    restore: async ({ keepDeaf } = { keepDeaf: false }) => {
      network.delayMs = 0;
      network.isSwallowing = false;
      if (!keepDeaf) for (const link of links) if (link.isDeaf) drop(link);
      if (!server.listening) server = await listen(port, accept);
    },
    slow: (ms) => {
      network.delayMs = ms;
    },
    halfOpen: () => {
      network.isSwallowing = true;
      for (const link of links) link.isDeaf = true;
    },
    forget: (clientPorts) => {
      for (const link of links) {
        const { client, target } = link;
        if (target?.localPort === undefined || !clientPorts.includes(target.localPort)) continue;
        link.isDeaf = true;
        target.destroy();
        client.once("data", () => drop(link));
      }
    },
    stop: cut,
  };
}

interface Network {
  delayMs: number;
  isSwallowing: boolean;
}

interface Link {
  readonly client: Socket;
  /** Undefined for a connection that was swallowed from its beginning. */
  readonly target?: Socket;
  /** Swallows whatever comes, for good: bytes that were swallowed are missing from the stream. */
  isDeaf: boolean;
}

function swallowing(client: Socket): Link {
  client.resume();
  client.on("error", () => undefined);
  return { client, isDeaf: true };
}

function passing(client: Socket, targetPort: number, network: Network): Link {
  // allowHalfOpen on both sides, so that the proxy passes an end on and answers none by itself.
  const target = connect({ port: targetPort, host: "127.0.0.1", allowHalfOpen: true });
  const link: Link = { client, target, isDeaf: false };
  pass(client, target, link, network);
  pass(target, client, link, network);
  return link;
}

function pass(from: Socket, to: Socket, link: Link, network: Network): void {
  from.setNoDelay(true);
  // When the last chunk taken has been passed: later ones wait for it, so that a delay that shrinks changes no order.
  let passed = Promise.resolve();
  let waiting = 0;
  const soon = (act: () => void) => {
    if (network.delayMs === 0 && waiting === 0) {
      act();
      return;
    }
    const due = delay(network.delayMs);
    waiting += 1;
    passed = passed
      .then(() => due)
      .then(() => {
        waiting -= 1;
        act();
      });
  };

  from.on("data", (chunk) => {
    if (link.isDeaf) return;
    soon(() => {
      if (link.isDeaf || to.destroyed || to.write(chunk)) return;
      from.pause();
      to.once("drain", () => from.resume());
    });
  });
  from.on("end", () => {
    if (!link.isDeaf) soon(() => !link.isDeaf && to.end());
  });
  from.on("error", () => {
    if (!link.isDeaf) drop(link);
  });
}

async function delay(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

function drop(link: Link): void {
  for (const socket of socketsOf(link)) socket.resetAndDestroy();
}

function socketsOf({ client, target }: Link): readonly Socket[] {
  return target === undefined ? [client] : [client, target];
}

function forgetWhenClosed(links: Set<Link>, link: Link): void {
  if (socketsOf(link).every((socket) => socket.closed)) links.delete(link);
}

async function listen(port: number, accept: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, accept).listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  await closed;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has an address with a port");
  return address.port;
}
