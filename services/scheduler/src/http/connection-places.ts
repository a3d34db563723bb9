import type { Duplex } from "node:stream";
import { networkOf } from "./network-of.js";

/** Who has a connection, among as many as there are places. */
export interface ConnectionPlaces {
  /** Gives a new connection a place, if need be that of one at rest, which is ended. Returns false where there is none. */
  take(socket: PlacedSocket): boolean;
  /** Notes whether a request of a connection is under way. */
  setAtWork(socket: Duplex, isAtWork: boolean): void;
}

type PlacedSocket = Duplex & { readonly remoteAddress?: string | undefined };

/** Some of the connections. */
interface Group {
  size: number;
  /** Those without a request under way, the one that has been so the longest first. */
  readonly resting: Set<Duplex>;
}

/**
 * Creates the places. A network (`networkOf`) has half of them at most, so that others find one whatever it does. Whoever comes when
 * all are taken gets the place of the connection that has been at rest the longest, of the same network or, where there is no place
 * at all, of any: clients of HTTP bear the end of a connection at rest. One with a request under way keeps its place.
 */
export function createConnectionPlaces(places: number): ConnectionPlaces {
  const perNetwork = Math.ceil(places / 2);
  const all: Group = createGroup();
  const networks = new Map<string, Group>();
  const placed = new Map<Duplex, { readonly network: string; readonly groups: readonly Group[] }>();

  function hasRoom(group: Group, limit: number): boolean {
    if (group.size < limit) return true;
    const [longest] = group.resting;
    if (longest === undefined) return false;
    leave(longest);
    longest.destroy();
    return true;
  }

  function leave(socket: Duplex): void {
    const place = placed.get(socket);
    if (place === undefined) return;
    placed.delete(socket);
    for (const group of place.groups) {
      group.size -= 1;
      group.resting.delete(socket);
    }
    if (networks.get(place.network)?.size === 0) networks.delete(place.network);
  }

  return {
    take(socket) {
      const network = networkOf(socket.remoteAddress ?? "");
      const known = networks.get(network);
      if ((known !== undefined && !hasRoom(known, perNetwork)) || !hasRoom(all, places)) return false;
      // Looked up again: to make room may have ended the network's last connection.
      const own = networks.get(network) ?? createGroup();
      networks.set(network, own);
      const groups = [own, all];
      placed.set(socket, { network, groups });
      for (const group of groups) {
        group.size += 1;
        group.resting.add(socket);
      }
      socket.once("close", () => leave(socket));
      return true;
    },
    setAtWork(socket, isAtWork) {
      for (const { resting } of placed.get(socket)?.groups ?? []) {
        if (isAtWork) resting.delete(socket);
        else resting.add(socket);
      }
    },
  };
}

function createGroup(): Group {
  return { size: 0, resting: new Set() };
}
