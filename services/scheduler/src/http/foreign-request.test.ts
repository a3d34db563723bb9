import { expect, it } from "vitest";
import { isCrossSite } from "./foreign-request.js";

it.each([
  ["POST", {}, false],
  ["POST", { "sec-fetch-site": "same-origin" }, false],
  ["POST", { "sec-fetch-site": "none" }, false],
  ["POST", { "sec-fetch-site": "same-site" }, true],
  ["PATCH", { "sec-fetch-site": "cross-site" }, true],
  ["GET", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }, false],
  ["GET", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }, true],
  ["GET", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }, true],
  ["GET", { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" }, true],
  ["GET", { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" }, false],
  ["GET", { origin: "https://example.org", host: "localhost:8080" }, true],
  ["POST", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }, true],
  ["GET", {}, false],
  ["POST", { origin: "http://localhost:8080", host: "localhost:8080" }, false],
  ["POST", { origin: "https://lethe.example.org", host: "lethe.example.org" }, false],
  ["POST", { origin: "http://localhost:3000", host: "localhost:8080" }, true],
  ["POST", { origin: "null", host: "localhost:8080" }, true],
])("%s with %j is of another site: %s", (method, headers, expected) => {
  expect(isCrossSite(method, headers)).toBe(expected);
});
