import { rm } from "node:fs/promises";
import path from "node:path";
import { type Keeper, type ServerSpec, startKeeper } from "@lethe/local-stack/keeper-process";
import { ensureDatabase, preparePostgres } from "@lethe/local-stack/postgres-server";
import { prepareRedis } from "@lethe/local-stack/redis-server";
import { startTcpProxy, type TcpProxy } from "@lethe/test-kit/tcp-proxy";

/** A PostgreSQL or a Redis that belongs to the drill, which may break it. */
export interface Server {
  /** Its address for services, through a proxy that can cut, slow and swallow. */
  readonly url: string;
  /** Its address past the proxy. */
  readonly directUrl: string;
  readonly proxy: TcpProxy;
  /** Kills it, as a power cut would, and resolves when it is gone. One that is down stays down. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. One that is up stays up: of several faults at once, any may start it. */
  start(): Promise<void>;
}

export interface Servers {
  readonly postgres: Server;
  readonly redis: Server;
  /** The data folder of PostgreSQL. */
  readonly postgresFolder: string;
  /** Deletes what Redis has on disk. Call it while Redis is down. */
  emptyRedis(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts PostgreSQL and Redis in a folder. Both are durable: what a server acknowledged is there after it was killed. */
export async function startServers(folder: string): Promise<Servers> {
  const ended = new Map<string, () => void>();
  const keeper = await startKeeper((name) => ended.get(name)?.());
  try {
    const nothing = () => undefined;
    const postgres = await preparePostgres({ directory: folder, durable: true, onNote: nothing, onStep: nothing });
    const redis = await prepareRedis(folder, nothing);
    const servers = await Promise.all([
      startServer(keeper, ended, asPossibleStandby(postgres.spec), postgres.databaseUrl),
      startServer(keeper, ended, redis.spec, redis.redisUrl),
    ]);
    await ensureDatabase(postgres.databaseUrl);
    return {
      postgres: servers[0],
      redis: servers[1],
      postgresFolder: postgres.spec.cwd,
      emptyRedis: () => rm(path.join(redis.spec.cwd, "appendonlydir"), { recursive: true, force: true }),
      async stop() {
        await Promise.all(servers.map(({ proxy }) => proxy.stop()));
        await keeper.stop();
      },
    };
  } catch (error) {
    await keeper.stop();
    throw error;
  }
}

/** Lets a server that finds `standby.signal` in its data come up as a standby, which is ready with other words. */
function asPossibleStandby(spec: ServerSpec): ServerSpec {
  return {
    ...spec,
    args: [...spec.args, "-c", "wal_level=replica"],
    readyText: "database system is ready to accept",
  };
}

async function startServer(
  keeper: Keeper,
  ended: Map<string, () => void>,
  spec: ServerSpec,
  directUrl: string,
): Promise<Server> {
  let pid: number | undefined = await keeper.startServer(spec);
  // Several faults may be at it at once: each finds it as the one before has left it.
  let last: Promise<void> = Promise.resolve();
  const inTurn = (change: () => Promise<void>): Promise<void> => {
    const done = last.then(change);
    last = done.catch(() => undefined);
    return done;
  };
  const url = new URL(directUrl);
  const proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  return {
    url: url.href,
    directUrl,
    proxy,
    kill: () =>
      inTurn(async () => {
        if (pid === undefined) return;
        const gone = new Promise<void>((resolve) => ended.set(spec.name, resolve));
        process.kill(pid, "SIGKILL");
        pid = undefined;
        await gone;
      }),
    start: () =>
      inTurn(async () => {
        pid ??= await keeper.startServer(spec);
      }),
  };
}
