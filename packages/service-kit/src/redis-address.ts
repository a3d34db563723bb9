import { ConfigurationError } from "@lethe/contracts/errors";
import type { RedisOptions } from "ioredis";

/** How to reach Redis, as the settings say it. */
export interface RedisAccess {
  readonly url: string;
  /** Certificates of authorities that are trusted besides those of Node, as PEM. */
  readonly ca?: string | undefined;
  /** The certificate that this process shows to a server that asks for one, as PEM, and its key. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** Where Redis is, and how ioredis gets there. */
export interface RedisAddress {
  /** The server in messages, such as `cache.example:6380` or the path of a socket: without user and password. */
  readonly place: string;
  readonly isEncrypted: boolean;
  /** Whether the URL names a user, or a password. */
  readonly hasCredentials: boolean;
  readonly database: number;
  readonly options: Pick<RedisOptions, "host" | "port" | "path" | "username" | "password" | "db" | "family" | "tls">;
}

/** The part of the settings that says how to reach Redis. */
interface RedisSettings {
  readonly REDIS_URL: string;
  readonly LETHE_REDIS_CA?: string | undefined;
  readonly LETHE_REDIS_CERTIFICATE?: string | undefined;
  readonly LETHE_REDIS_KEY?: string | undefined;
}

/** Returns how to reach Redis by a service's settings. */
export function redisAccess(settings: RedisSettings): RedisAccess {
  return {
    url: settings.REDIS_URL,
    ca: settings.LETHE_REDIS_CA,
    certificate: settings.LETHE_REDIS_CERTIFICATE,
    key: settings.LETHE_REDIS_KEY,
  };
}

const FORMS =
  "redis://[user:password@]host[:port][/database], the same with rediss:// for TLS, or unix:///path/of/redis.sock";
const DEFAULT_PORT = 6379;
const MOST_PORTS = 65_535;

/**
 * Reads REDIS_URL. Throws ConfigurationError, which says what is wrong with it and never shows it, for a URL of another
 * kind, a database that is no number, and a parameter that nothing reads.
 */
export function readRedisAddress({ url: text, ca, certificate, key }: RedisAccess): RedisAddress {
  const url = parse(text.trim());
  const isSocket = url.protocol === "unix:";
  const isEncrypted = url.protocol === "rediss:";
  if (!isSocket && url.hostname === "") throw wrong(`names no host; write ${FORMS}`);
  if (!isEncrypted && (ca ?? certificate ?? key) !== undefined) {
    throw wrong(
      "does not start with rediss://, though LETHE_REDIS_CA, LETHE_REDIS_CERTIFICATE or LETHE_REDIS_KEY is set",
    );
  }
  if ((certificate === undefined) !== (key === undefined)) {
    throw new ConfigurationError("LETHE_REDIS_CERTIFICATE and LETHE_REDIS_KEY belong together: set both, or neither");
  }
  const path = decoded(url.pathname);
  const database = databaseOf(isSocket ? url.searchParams.get("db") : (url.searchParams.get("db") ?? path.slice(1)));
  const family = familyOf(url.searchParams);
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  if (port < 1 || port > MOST_PORTS) throw wrong("has no port from 1 to 65535");
  // The brackets of IPv6 belong to the URL, not to the address.
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return {
    place: isSocket ? path : `${url.hostname}:${port}`,
    isEncrypted,
    hasCredentials: url.username !== "" || url.password !== "",
    database,
    options: {
      ...(isSocket ? { path } : { host: decoded(host), port }),
      ...(url.username !== "" && { username: decoded(url.username) }),
      ...(url.password !== "" && { password: decoded(url.password) }),
      ...(database !== 0 && { db: database }),
      ...(family !== undefined && { family }),
      ...(isEncrypted && { tls: tlsOptions(ca, certificate, key) }),
    },
  };
}

function parse(text: string): URL {
  if (/^[a-z+-]*sentinel:/i.test(text)) {
    throw wrong(
      "names a Sentinel, which Lethe does not ask for the master: name the master, or a proxy that leads to it (HAProxy), by redis://",
    );
  }
  // A URL with a user needs a host, and a socket has none.
  const whole = text.replace(/^(unix:\/\/[^/]*@)\//i, "$1socket/");
  if (!/^(rediss?|unix):\/\//i.test(whole) || !URL.canParse(whole)) throw wrong(`is not of the form ${FORMS}`);
  const url = new URL(whole);
  const unknown = [...url.searchParams.keys()].find((name) => name !== "db" && name !== "family");
  if (unknown !== undefined) {
    throw wrong(
      "has a parameter behind `?` that Lethe does not know; `db` and `family` alone are read, and LETHE_REDIS_CA_FILE names the certificates to trust",
    );
  }
  return url;
}

function databaseOf(text: string | null): number {
  if (text === null || text === "") return 0;
  if (!/^\d{1,5}$/.test(text)) throw wrong("does not end in the number of a database, such as redis://host:6379/3");
  return Number(text);
}

function familyOf(parameters: URLSearchParams): number | undefined {
  const text = parameters.get("family");
  if (text === null) return undefined;
  if (!/^[046]$/.test(text)) throw wrong("has a `family` that is neither 4, 6 nor 0 for both");
  return Number(text);
}

function tlsOptions(
  ca: string | undefined,
  cert: string | undefined,
  key: string | undefined,
): NonNullable<RedisOptions["tls"]> {
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong("has a % that starts no escape; write a % of a password as %25");
  }
}

function wrong(what: string): ConfigurationError {
  return new ConfigurationError(`REDIS_URL ${what}`);
}
