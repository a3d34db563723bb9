import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** A connection as Node's HTTP server uses it, and as those ask who want to know where it comes from. */
export type PacedSocket = Duplex & Pick<Socket, "remoteAddress" | "remotePort" | "setTimeout" | "destroySoon">;

/** How much is read at once: a part of one request, or a few of the shortest, where Node would read hundreds. */
const SLICE_BYTES = 256;

/**
 * Returns a connection of which Node's HTTP server reads small slices, and none while it is held. Node itself parses 64 KiB in one go,
 * makes a request of everything in it, and an error with a stack of each that is open when the connection ends: a few clients that
 * send without waiting for answers would keep the process from doing anything else. What is not read stays with the system, and its
 * sender waits.
 */
export function paceSocket(raw: Socket): PacedSocket {
  let isWanted = false;
  let isHeld = false;

  function feed(): void {
    if (!isWanted || isHeld) return;
    // A read of nothing has the socket look for more.
    const slice: Buffer | null =
      raw.readableLength === 0 ? raw.read() : raw.read(Math.min(SLICE_BYTES, raw.readableLength));
    if (slice === null) return;
    isWanted = false;
    paced.push(slice);
  }

  const stream = new Duplex({
    readableHighWaterMark: SLICE_BYTES,
    writableHighWaterMark: raw.writableHighWaterMark,
    read() {
      isWanted = true;
      feed();
    },
    write(chunk, _encoding, done) {
      raw.write(chunk, done);
    },
    writev(chunks, done) {
      raw.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
    },
    final(done) {
      raw.end(done);
    },
    destroy(error, done) {
      raw.destroy();
      done(error);
    },
  });
  const paced: PacedSocket = Object.assign(stream, {
    remoteAddress: raw.remoteAddress,
    remotePort: raw.remotePort,
    setTimeout(timeoutMs: number) {
      raw.setTimeout(timeoutMs);
      return raw;
    },
    destroySoon() {
      // What follows the last answer is nobody's to read.
      isHeld = true;
      if (stream.writableFinished) stream.destroy();
      // Once, since Node may ask for each of many requests that cannot be read.
      else if (stream.writable) stream.end(() => stream.destroy());
    },
  });
  raw.on("readable", feed);
  raw.on("end", () => paced.push(null));
  raw.on("timeout", () => paced.emit("timeout"));
  raw.on("error", (error) => paced.destroy(error));
  raw.on("close", () => paced.destroy());
  holders.set(paced, (held) => {
    isHeld = held;
    feed();
  });
  return paced;
}

/** Has nothing more read of a connection, but for a slice that is on its way, or has it read again. Of others than paced ones nothing changes. */
export function holdSocket(socket: Duplex, isHeld: boolean): void {
  holders.get(socket)?.(isHeld);
}

const holders = new WeakMap<Duplex, (isHeld: boolean) => void>();
