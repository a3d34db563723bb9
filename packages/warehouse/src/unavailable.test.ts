import { TransientError } from "@lethe/contracts/errors";
import { expect, it } from "vitest";
import { isDatabaseUnavailable } from "./unavailable.js";

const coded = (code: string) => Object.assign(new Error("x"), { code });

it.each([
  ["a refused connection", coded("ECONNREFUSED")],
  ["a name that nobody knows", coded("ENOTFOUND")],
  ["a server that shuts down", coded("57P01")],
  ["a server that starts up", coded("57P03")],
  ["no connection left", coded("53300")],
  ["a connection exception", coded("08006")],
  ["several addresses, all refused", new AggregateError([coded("ECONNREFUSED"), coded("EADDRNOTAVAIL")])],
  ["a pool that waited too long", new Error("timeout exceeded when trying to connect")],
  ["a connection that ended", new Error("Connection terminated unexpectedly")],
  ["what was caused by it", new TransientError("no connection to the database", { cause: coded("ECONNREFUSED") })],
])("%s is a database that is away", (_, error) => expect(isDatabaseUnavailable(error)).toBe(true));

const circle = new Error("x");
circle.cause = circle;

it.each([
  ["a wrong statement", coded("42601")],
  ["a deadlock", new TransientError("the database cannot do this at the moment (40P01)", { cause: coded("40P01") })],
  ["a query that was cancelled", coded("57014")],
  ["a file that is not there", coded("ENOENT")],
  [
    "an error with a message of that kind, but a code of its own",
    Object.assign(coded("X"), { message: "Connection terminated" }),
  ],
  ["a text", "ECONNREFUSED"],
  ["nothing", undefined],
  ["a cause that is its own", circle],
])("%s is not", (_, error) => expect(isDatabaseUnavailable(error)).toBe(false));
