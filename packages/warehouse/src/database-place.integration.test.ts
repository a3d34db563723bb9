import { describe, expect } from "vitest";
import { it } from "../test/ledger-database.js";
import { readDatabasePlace } from "./database-place.js";

describe("where a database is", () => {
  it.for([
    ["postgres://jane:s3cret@db.example/x", "postgres://db.example:5432"],
    ["postgresql://jane:p%40ss%2F@10.0.0.7:6432/x?sslmode=require", "postgres://10.0.0.7:6432"],
    ["postgres://jane@[::1]:5433/x", "postgres://[::1]:5433"],
    ["postgres:///x?host=::1&port=7000", "postgres://[::1]:7000"],
    ["postgres:///x?host=/var/run/postgresql", "postgres://localhost:5432"],
    ["postgres://jane:s3cret@%2Fvar%2Frun/x", "postgres://localhost:5432"],
    ["postgres://", "postgres://localhost:5432"],
    ["postgres://jane:s3#cret@h:1x/y", "postgres://localhost:5432"],
  ] as const)("names no login: %s", async ([url, server], { pool }) => {
    const place = await readDatabasePlace(pool, url);
    expect(place.server).toBe(server);
    const { rows } = await pool.query<{ name: string }>("select current_database() as name");
    expect(place.database).toBe(rows[0]?.name);
  });
});
