import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { InvalidInputError, NotFoundError, RunStateError } from "@lethe/contracts/errors";
import {
  type ApiToken,
  type Caller,
  MAX_TOKEN_NAME,
  type Role,
  TOKEN_NAME_PATTERN,
  UNNAMED_CALLERS,
} from "@lethe/contracts/roles";
import type { Queryable } from "../pool.js";

const SECRET_BYTES = 32;
const ID_BYTES = 8;
/** A prefix by which scanners for leaked secrets know a token, an id to look it up by, and the secret. */
const TOKEN = /^lethe_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/** Reports whether a text has the form of a named token, whether or not there is such a one. */
export function isNamedToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * Creates a named token and returns it; nothing can show it again, since the database keeps a hash alone. Throws
 * InvalidInputError for a name of the wrong form, or one that was given before: a decision must name one token.
 */
export async function createApiToken(db: Queryable, name: string, role: Role): Promise<string> {
  requireName(name);
  const id = randomBytes(ID_BYTES).toString("hex");
  const token = `lethe_${id}_${randomBytes(SECRET_BYTES).toString("base64url")}`;
  const { rowCount } = await db.query(
    `insert into privacy.api_tokens (id, name, role, sha256) values ($1, $2, $3, $4) on conflict (name) do nothing`,
    [id, name, role, digest(token)],
  );
  if (rowCount === 0) {
    throw new InvalidInputError(
      `there is or was a token ${name}; a name is given once, so that decisions stay with it. Choose another name`,
    );
  }
  return token;
}

/** Returns all tokens by name, the revoked ones among them. */
export async function listApiTokens(db: Queryable): Promise<ApiToken[]> {
  const { rows } = await db.query<{ name: string; role: Role; createdAt: Date; revokedAt: Date | null }>(
    `select name, role, created_at as "createdAt", revoked_at as "revokedAt" from privacy.api_tokens order by name`,
  );
  return rows.map(({ name, role, createdAt, revokedAt }) => ({
    name,
    role,
    createdAt: createdAt.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
  }));
}

/** Revokes a token: from now on nobody is let in with it. Throws NotFoundError, and RunStateError when it is revoked. */
export async function revokeApiToken(db: Queryable, name: string): Promise<void> {
  const { rows } = await db.query<{ revoked: boolean }>(
    `with revoked as (
       update privacy.api_tokens set revoked_at = clock_timestamp() where name = $1 and revoked_at is null returning 1
     )
     select exists (select from revoked) as revoked from privacy.api_tokens where name = $1`,
    [name],
  );
  if (rows[0] === undefined) throw new NotFoundError(`there is no token ${name}; \`lethe tokens list\` shows them`);
  if (!rows[0].revoked) throw new RunStateError(`the token ${name} was revoked before`);
}

/**
 * Returns who shows this token; undefined when it is none of the installation's, or revoked. The database looks it up by its
 * public id, and the hashes are compared in constant time, so that an answer's delay tells nothing about a token.
 */
export async function findCaller(db: Queryable, token: string): Promise<Caller | undefined> {
  const [, id] = TOKEN.exec(token) ?? [];
  if (id === undefined) return undefined;
  const { rows } = await db.query<{ name: string; role: Role; sha256: Buffer }>(
    "select name, role, sha256 from privacy.api_tokens where id = $1 and revoked_at is null",
    [id],
  );
  const known = rows[0];
  if (known === undefined || !timingSafeEqual(known.sha256, digest(token))) return undefined;
  return { name: known.name, role: known.role };
}

function requireName(name: string): void {
  if (!new RegExp(TOKEN_NAME_PATTERN).test(name) || name.length > MAX_TOKEN_NAME) {
    throw new InvalidInputError(
      `a token's name is lower-case letters and digits with hyphens between them, ${MAX_TOKEN_NAME} at most, such as support-desk`,
    );
  }
  if (Object.values(UNNAMED_CALLERS).some((caller) => caller.name === name)) {
    throw new InvalidInputError(`${name} stands for callers without a token of their own; choose another name`);
  }
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
