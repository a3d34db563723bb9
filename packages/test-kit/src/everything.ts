import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip, constants as zlib } from "node:zlib";
import { pathsBelow } from "./folders.js";
import { keysOf } from "./test-place.js";
import type { World } from "./world.js";

/** A piece of what Lethe keeps: a table's rows, a file, a key. */
export interface Piece {
  readonly where: string;
  readonly text: string;
}

/** Returns every byte that Lethe keeps, anywhere: all tables with the planner's samples of them, files, keys and logs. */
export async function* readEverything(world: Pick<World, "pool" | "data" | "redis" | "prefix">): AsyncGenerator<Piece> {
  yield* await allTables(world);
  for (const path of await pathsBelow(world.data)) {
    yield { where: "name of a file", text: path };
    if (!(await stat(join(world.data, path))).isFile()) continue;
    const stored = await readFile(join(world.data, path));
    yield { where: `file ${path}`, text: stored.toString("utf8") };
    if (isGzip(stored)) yield { where: `file ${path}`, text: (await unpack(stored)).toString("utf8") };
  }
  for (const key of await keysOf(world.redis, world.prefix)) {
    yield { where: "name of a key", text: key };
    yield { where: `key ${key}`, text: await readKey(world, key) };
  }
}

/**
 * Searches everything that Lethe stores for people and returns a line such as "person 7 in file x" for each person
 * and place. `recognise` returns the numbers of the people whom a text names; only those that `isWanted` accepts are
 * reported.
 */
export async function findPeople(
  world: World,
  recognise: (text: string) => Iterable<number>,
  isWanted: (n: number) => boolean,
): Promise<string[]> {
  const found: string[] = [];
  for await (const { where, text } of readEverything(world)) {
    for (const n of recognise(text)) if (isWanted(n)) found.push(`person ${n} in ${where}`);
  }
  return [...new Set(found)];
}

/** Returns the rows of a table, each as one text. */
export async function rowsAsText(world: Pick<World, "pool">, table: string): Promise<string[]> {
  const { rows } = await world.pool.query<{ row: string }>(`select t::text as row from ${table} t`);
  return rows.map(({ row }) => row);
}

async function allTables(world: Pick<World, "pool">): Promise<Piece[]> {
  const { rows } = await world.pool.query<{ name: string }>(
    `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't'
       and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
     order by 1`,
  );
  const pieces: Piece[] = [];
  for (const { name } of rows) {
    for (const row of await rowsAsText(world, name)) pieces.push({ where: `table ${name}`, text: row });
  }
  const samples = await world.pool.query<{ name: string; sample: string }>(
    `select schemaname || '.' || tablename || '.' || attname as name, s::text as sample
     from pg_stats s where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  return [...pieces, ...samples.rows.map(({ name, sample }) => ({ where: `samples of ${name}`, text: sample }))];
}

/** A key that has gone since it was listed (a lock that ran out) gives an empty text: it no longer holds anything. */
function readKey(world: Pick<World, "redis">, key: string): Promise<string> {
  const script = `
    local kind = redis.call('type', KEYS[1]).ok
    if kind == 'none' then return '' end
    if kind == 'string' then return redis.call('get', KEYS[1]) end
    if kind == 'hash' then return cjson.encode(redis.call('hgetall', KEYS[1])) end
    if kind == 'list' then return cjson.encode(redis.call('lrange', KEYS[1], 0, -1)) end
    if kind == 'set' then return cjson.encode(redis.call('smembers', KEYS[1])) end
    if kind == 'zset' then return cjson.encode(redis.call('zrange', KEYS[1], 0, -1)) end
    if kind == 'stream' then return cjson.encode(redis.call('xrange', KEYS[1], '-', '+')) end
    return redis.error_reply('a key of type ' .. kind)`;
  return world.redis.eval(script, 1, key) as Promise<string>;
}

/** Returns a file's content, unpacked if it is packed; of a torn one as much as can be read. */
export async function readContent(path: string): Promise<Buffer> {
  const stored = await readFile(path);
  return isGzip(stored) ? unpack(stored) : stored;
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function unpack(stored: Buffer): Promise<Buffer> {
  const gunzip = createGunzip({ finishFlush: zlib.Z_SYNC_FLUSH });
  const pieces: Buffer[] = [];
  await new Promise<void>((resolve) => {
    gunzip.on("data", (piece: Buffer) => pieces.push(piece));
    gunzip.once("end", () => resolve());
    // What lies behind a damage cannot be read.
    gunzip.once("error", () => resolve());
    gunzip.end(stored);
  });
  return Buffer.concat(pieces);
}
