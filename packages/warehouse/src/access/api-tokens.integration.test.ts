import { createHash } from "node:crypto";
import { InvalidInputError, NotFoundError, RunStateError } from "@lethe/contracts/errors";
import { ROLES } from "@lethe/contracts/roles";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { readRows } from "../../test/ledger-rows.js";
import { createApiToken, findCaller, listApiTokens, revokeApiToken } from "./api-tokens.js";

describe("an API token", () => {
  it.for(ROLES)("lets a %s in under its name until it is revoked", async (role, { pool }) => {
    const token = await createApiToken(pool, "support-desk", role);
    expect(await findCaller(pool, token)).toEqual({ name: "support-desk", role });
    await revokeApiToken(pool, "support-desk");
    expect(await findCaller(pool, token)).toBeUndefined();
    await expect(revokeApiToken(pool, "support-desk")).rejects.toThrow(RunStateError);
  });

  it("is kept as a hash alone", async ({ pool }) => {
    const token = await createApiToken(pool, "support-desk", "viewer");
    const { rows } = await pool.query<{ row: string }>("select to_jsonb(t)::text as row from privacy.api_tokens t");
    expect(rows[0]?.row).not.toContain(token.slice(23));
    const [stored] = await readRows(pool, "privacy.api_tokens", "sha256");
    expect(stored?.sha256).toEqual(createHash("sha256").update(token).digest());
  });

  it("is no other's, and nothing near it lets anybody in", async ({ pool }) => {
    const [one, other] = [await createApiToken(pool, "one", "viewer"), await createApiToken(pool, "other", "admin")];
    expect(one).not.toBe(other);
    const mixed = `${other.slice(0, 23)}${one.slice(23)}`;
    const last = one.endsWith("A") ? "B" : "A";
    for (const wrong of [mixed, `${one.slice(0, -1)}${last}`, `${one}A`, one.toUpperCase(), ` ${one}`, ""]) {
      expect(await findCaller(pool, wrong), wrong).toBeUndefined();
    }
  });

  it.for(["", "Support", "support desk", "-desk", "desk-", "a".repeat(65), "local", "command-line", "zoë"])(
    "is not called %j",
    async (name, { pool }) => {
      await expect(createApiToken(pool, name, "viewer")).rejects.toThrow(InvalidInputError);
    },
  );

  it("has a name that is given once, also after it is revoked", async ({ pool }) => {
    await createApiToken(pool, "support-desk", "viewer");
    await revokeApiToken(pool, "support-desk");
    await expect(createApiToken(pool, "support-desk", "admin")).rejects.toThrow(InvalidInputError);
    expect(await listApiTokens(pool)).toEqual([
      { name: "support-desk", role: "viewer", createdAt: expect.any(String), revokedAt: expect.any(String) },
    ]);
    await expect(revokeApiToken(pool, "nobody")).rejects.toThrow(NotFoundError);
  });
});
