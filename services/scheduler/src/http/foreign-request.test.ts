import { expect, it } from "vitest";
import { isCrossSite } from "./foreign-request.js";

it.each([
  ["POST", {}, false],
  ["POST", { "sec-fetch-site": "same-origin" }, false],
  ["POST", { "sec-fetch-site": "none" }, false],
  ["POST", { "sec-fetch-site": "same-site" }, true],
  ["PATCH", { "sec-fetch-site": "cross-site" }, true],
  ["GET", { "sec-fetch-site": "cross-site" }, false],
  ["POST", { origin: "http://localhost:8080", host: "localhost:8080" }, false],
  ["POST", { origin: "https://lethe.example.org", host: "lethe.example.org" }, false],
  ["POST", { origin: "http://localhost:3000", host: "localhost:8080" }, true],
  ["POST", { origin: "null", host: "localhost:8080" }, true],
])("%s with %j is of another site: %s", (method, headers, expected) => {
  expect(isCrossSite(method, headers)).toBe(expected);
});
