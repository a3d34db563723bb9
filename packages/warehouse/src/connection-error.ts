import { LetheError, TransientError, UnfitDatabaseError } from "@lethe/contracts/errors";
import { describeSqlState } from "@lethe/contracts/sql-states";

/**
 * Explains, in a sentence that says what to do, why there is no connection to the database of a URL. What another attempt may
 * heal becomes TransientError, what somebody has to set right UnfitDatabaseError. No password is in either.
 */
export function explainConnectionError(databaseUrl: string, error: unknown): LetheError {
  if (error instanceof LetheError) return error;
  const place = placeOf(databaseUrl);
  const code = codeOf(error);
  const refused = code === undefined ? undefined : refusalOf(code, messageOf(error), place);
  if (refused !== undefined) return new UnfitDatabaseError(refused.code, refused.message, { cause: error });
  return new TransientError(`no PostgreSQL answers at DATABASE_URL (${place.host}): ${reasonOf(code, error)}`, {
    cause: error,
  });
}

interface Place {
  readonly host: string;
  readonly user: string;
  readonly database: string;
}

interface Refusal {
  readonly code: `database_${string}`;
  readonly message: string;
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html, and Node's codes of TLS:
// https://nodejs.org/api/tls.html#x509-certificate-error-codes
function refusalOf(code: string, message: string, { host, user, database }: Place): Refusal | undefined {
  const login = (text: string): Refusal => ({ code: "database_login", message: text });
  if (code === "28P01" || (code.startsWith("08") && message.includes("password authentication failed"))) {
    return login(
      `the server at DATABASE_URL (${host}) does not accept the password of ${user}: correct it in DATABASE_URL (characters such as @ / : # % must be percent-encoded there), or set it by \`alter role\``,
    );
  }
  if (code === "28000" && message.includes("pg_hba.conf")) {
    const plain = message.includes("no encryption")
      ? " The connection is not encrypted: if the server asks for TLS, add sslmode=verify-full (or sslmode=no-verify) to DATABASE_URL."
      : "";
    return login(
      `the server at DATABASE_URL (${host}) has no entry in pg_hba.conf that lets ${user} from this machine into the database ${database}: an administrator has to add one.${plain}`,
    );
  }
  if (code === "28000") {
    return login(
      `the server at DATABASE_URL (${host}) does not let ${user} in: the role does not exist or may not log in. Create it by \`create role … login\`, or correct the user in DATABASE_URL`,
    );
  }
  if (code === "3D000" || (code.startsWith("08") && message.includes("no such database"))) {
    return {
      code: "database_missing",
      message: `the server at DATABASE_URL (${host}) has no database ${database}: create it by \`create database\` with encoding UTF8, or correct the name in DATABASE_URL`,
    };
  }
  if (code === "42501") {
    return login(
      `the login ${user} may not connect to the database ${database}: its owner has to run \`grant connect on database ${database} to ${user}\``,
    );
  }
  if (code === "no_password") {
    return login(`the server at DATABASE_URL (${host}) asks for a password of ${user}, and DATABASE_URL has none`);
  }
  if (code === "no_tls") {
    return {
      code: "database_tls",
      message: `the server at DATABASE_URL (${host}) takes no TLS connections, and the sslmode in DATABASE_URL asks for one: set up TLS there, or remove sslmode`,
    };
  }
  if (TLS.test(code)) {
    return {
      code: "database_tls",
      message: `the certificate of the server at DATABASE_URL (${host}) is not trusted (${code}): name the authority's certificate by sslrootcert=FILE in DATABASE_URL, or do without the check by sslmode=no-verify`,
    };
  }
  const parameter = /unsupported startup parameter: (\w+)/.exec(message)?.[1];
  if (code.startsWith("08") && parameter !== undefined) {
    return {
      code: "database_pooler",
      message: `the pooler at DATABASE_URL (${host}) refuses the parameter ${parameter}: remove it from DATABASE_URL, or add it to ignore_startup_parameters of PgBouncer`,
    };
  }
  return undefined;
}

const TLS = /^(ERR_TLS_.*|ERR_SSL_.*|CERT_.*|(DEPTH_ZERO_)?SELF_SIGNED_CERT.*|UNABLE_TO_.*|HOSTNAME_MISMATCH|EPROTO)$/;

function reasonOf(code: string | undefined, error: unknown): string {
  if (code === undefined)
    return WITHOUT_CODE.exec(messageOf(error))?.[0] ?? "it gives no answer that can be understood";
  const sentence = NETWORK[code] ?? describeSqlState(code);
  return sentence === undefined ? code : `${sentence} (${code})`;
}

const WITHOUT_CODE =
  /^(timeout exceeded when trying to connect|Connection terminated[\w ]*|timeout expired|Query read timeout)/;

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there; is the server running, and the port right?",
  ENOTFOUND: "no machine has that name; correct the host in DATABASE_URL",
  EAI_AGAIN: "the name could not be looked up; the name server does not answer",
  ETIMEDOUT: "there was no answer in time; a firewall may be between",
  EHOSTUNREACH: "there is no way to that machine",
  ENETUNREACH: "there is no way to that network",
  ECONNRESET: "the connection was closed by the other side",
  ENOENT: "there is no such socket; correct the host in DATABASE_URL",
  EACCES: "this user may not use the socket",
  "08P01": "a pooler has no server to pass the connection on to, or a limit of its own is reached; see its log",
};

/** Returns an error's code. Errors of pg itself have none; those that a user can mend are given one. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  if (/client password must be a (non-empty )?string/.test(error.message)) return "no_password";
  if (error.message.includes("does not support SSL connections")) return "no_tls";
  return undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}

/** Returns what of a database's URL may be shown. Throws UnfitDatabaseError for a text that is no such URL. */
export function placeOf(databaseUrl: string): Place {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  if (url === undefined || !["postgres:", "postgresql:"].includes(url.protocol)) {
    throw new UnfitDatabaseError(
      "database_url",
      "DATABASE_URL is not a URL that starts with postgres://, or a character such as / # % in its password is not percent-encoded",
    );
  }
  const user = decoded(url.username);
  return {
    host: url.host === "" ? (url.searchParams.get("host") ?? "localhost") : decoded(url.host),
    user: user === "" ? "the operating system's user" : user,
    database: decoded(url.pathname.slice(1)) || user,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
