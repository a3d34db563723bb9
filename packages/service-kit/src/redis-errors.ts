/** Why Redis cannot be used. The codes are stable: `/readyz` shows them. */
export type RedisProblem =
  | "redis_unreachable"
  | "redis_loading"
  | "redis_read_only"
  | "redis_out_of_memory"
  | "redis_cannot_save"
  | "redis_lacks_replicas"
  | "redis_busy"
  | "redis_full_of_clients"
  | "redis_cluster"
  | "redis_too_old"
  | "redis_forbidden"
  | "redis_password_missing"
  | "redis_password_wrong"
  | "redis_protected"
  | "redis_no_database"
  | "redis_not_encrypted"
  | "redis_encrypted"
  | "redis_not_trusted"
  | "redis_certificate_missing"
  | "redis_no_redis";

export interface RedisExplanation {
  readonly code: RedisProblem;
  /** Whether it passes, or is made good on the server, without a change of Lethe's settings. */
  readonly passes: boolean;
  /** What is wrong and what to do, as the end of a sentence that starts with the server. */
  readonly message: string;
}

interface Pattern extends RedisExplanation {
  readonly pattern: RegExp;
}

/**
 * Explains an error of Redis, of its client or of the network on the way. Returns undefined for an error of another kind. Shows
 * nothing of the error itself, which may quote keys, except a network's code.
 */
export function explainRedisError(error: unknown): RedisExplanation | undefined {
  const texts = textsOf(error);
  for (const { pattern, ...explanation } of PATTERNS) {
    if (texts.some((text) => pattern.test(text))) return explanation;
  }
  const network = texts.map((text) => NETWORK.exec(text)?.[0]).find((code) => code !== undefined);
  if (network === undefined) return undefined;
  return { code: "redis_unreachable", passes: true, message: `does not answer (${network}): ${REACH}` };
}

/** Reports whether an error is an answer of Redis, as against one of the network or of this program. */
export function isRedisReply(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

const REACH = "see that it runs, and that REDIS_URL names its host and port";

const NETWORK =
  /E(?:CONNREFUSED|CONNRESET|CONNABORTED|NOTFOUND|AI_AGAIN|TIMEDOUT|PIPE|HOSTUNREACH|NETUNREACH|HOSTDOWN|NOENT|ACCES)\b/;

/** Answers, by how they begin: https://redis.io/docs/latest/develop/reference/protocol-spec/ and the server's sources. */
const PATTERNS: readonly Pattern[] = [
  {
    // A command that waits is ended when the server becomes a replica.
    pattern: /READONLY|^(ReplyError: )?UNBLOCKED/,
    code: "redis_read_only",
    passes: true,
    message:
      "is a replica that takes no writes (role:slave): name the master in REDIS_URL, or make this server one (REPLICAOF NO ONE)",
  },
  {
    pattern: /\bOOM\b|used memory > 'maxmemory'/,
    code: "redis_out_of_memory",
    passes: true,
    message: "has reached its maxmemory and refuses writes: raise maxmemory, or free memory",
  },
  {
    pattern: /MISCONF/,
    code: "redis_cannot_save",
    passes: true,
    message:
      "refuses writes since it cannot save them on its disk (MISCONF): free space there, and see the server's own log",
  },
  {
    pattern: /NOREPLICAS/,
    code: "redis_lacks_replicas",
    passes: true,
    message:
      "refuses writes since it has fewer replicas than its min-replicas-to-write asks for: start them, or lower it",
  },
  {
    pattern: /\bLOADING\b/,
    code: "redis_loading",
    passes: true,
    message: "is still reading its data from disk: it answers when it is done",
  },
  {
    pattern: /MASTERDOWN/,
    code: "redis_read_only",
    passes: true,
    message: "is a replica that has lost its master: name the master in REDIS_URL",
  },
  {
    pattern: /^(ReplyError: )?BUSY\b|UNKILLABLE/,
    code: "redis_busy",
    passes: true,
    message: "is held up by a script that somebody runs on it: it answers when that ends (or SCRIPT KILL)",
  },
  {
    pattern: /max number of clients reached/,
    code: "redis_full_of_clients",
    passes: true,
    message: "has as many clients as its maxclients allows: raise it, or end others",
  },
  {
    pattern: /CROSSSLOT|\bMOVED \d|\bASK \d|CLUSTERDOWN|cluster/i,
    code: "redis_cluster",
    passes: false,
    message:
      "is a node of a Redis Cluster, and a queue's keys must lie on one server: name a Redis without cluster mode in REDIS_URL",
  },
  {
    pattern: /WRONGPASS|invalid password|invalid username-password/i,
    code: "redis_password_wrong",
    passes: false,
    message: "does not accept the user and password of REDIS_URL: set them right (special characters as %-escapes)",
  },
  {
    pattern: /NOAUTH|without any password configured/,
    code: "redis_password_missing",
    passes: false,
    message: "asks for a password, and REDIS_URL has none: write redis://:PASSWORD@host, or redis://USER:PASSWORD@host",
  },
  {
    pattern: /^(ReplyError: )?DENIED|protected mode/,
    code: "redis_protected",
    passes: false,
    message:
      "is in protected mode and refuses other machines: set a password on the server (requirepass) and in REDIS_URL",
  },
  {
    pattern: /DB index is out of range|invalid DB index/i,
    code: "redis_no_database",
    passes: false,
    message: "has no database of the number in REDIS_URL: name a smaller one, or raise `databases` on the server",
  },
  {
    pattern:
      /NOPERM|can't run this command|No permissions to access|can't access at least one of the keys|has no permissions/i,
    code: "redis_forbidden",
    passes: false,
    message:
      "does not allow its user what queues need: give it the keys of the prefix and the commands that docs/reliability.md names (ACL SETUSER)",
  },
  {
    pattern: /SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET)|DEPTH_ZERO|self.signed certificate|unable to verify the first/i,
    code: "redis_not_trusted",
    passes: false,
    message:
      "shows a certificate of an authority that this machine does not know: name that authority's certificate in LETHE_REDIS_CA_FILE",
  },
  {
    pattern: /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|certificate has expired/i,
    code: "redis_not_trusted",
    passes: true,
    message: "shows a certificate that is not valid today: renew it, and check the clock",
  },
  {
    pattern: /ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate/i,
    code: "redis_not_trusted",
    passes: false,
    message: "shows a certificate for another name than the host of REDIS_URL: name the host as the certificate does",
  },
  {
    pattern: /certificate required|handshake failure|bad certificate|unknown ca/i,
    code: "redis_certificate_missing",
    passes: false,
    message:
      "asks for a certificate of its clients: name one in LETHE_REDIS_CERTIFICATE_FILE and its key in LETHE_REDIS_KEY_FILE",
  },
  {
    pattern: /WRONG_VERSION_NUMBER|wrong version number|packet length too long|ERR_SSL_|before secure TLS connection/i,
    code: "redis_not_encrypted",
    passes: false,
    message: "does not speak TLS at this port: write redis:// in REDIS_URL, or name the port for TLS",
  },
  {
    pattern: /Protocol error, got "\\u0015"|RESP type 21\b/,
    code: "redis_encrypted",
    passes: false,
    message: "speaks TLS at this port: write rediss:// in REDIS_URL, or name the port without TLS",
  },
  {
    pattern: /Protocol error|RESP type/i,
    code: "redis_no_redis",
    passes: false,
    message: "does not answer as a Redis does: see that REDIS_URL names the port of Redis",
  },
  {
    pattern:
      /Connection is closed|Connection is already closed|socket timeout|connect ETIMEDOUT|did not answer in time|Stream isn't writeable/i,
    code: "redis_unreachable",
    passes: true,
    message: `does not answer: ${REACH}`,
  },
];

/** Returns an error's message and code, and those of the errors that it stands for. `seen` are those on the way to it. */
function textsOf(error: unknown, seen: readonly unknown[] = []): string[] {
  // A command that was not answered names the error that ended the connection, which may name itself.
  if (seen.includes(error)) return [];
  const within = [...seen, error];
  if (error instanceof AggregateError) return error.errors.flatMap((one) => textsOf(one, within));
  if (!(error instanceof Error)) return typeof error === "string" ? [error] : [];
  const code: unknown = "code" in error ? error.code : undefined;
  // Of a transaction that was not carried out, its commands say why.
  const earlier: unknown = "previousErrors" in error ? error.previousErrors : undefined;
  return [
    ...(Array.isArray(earlier) ? earlier.flatMap((one) => textsOf(one, within)) : []),
    error.message,
    ...(typeof code === "string" ? [code] : []),
  ];
}
