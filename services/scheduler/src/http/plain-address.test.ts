import { expect, it } from "vitest";
import { isPlainAddress } from "./plain-address.js";

it.each([
  "/runs",
  "/runs?limit=1&job=customers",
  "/queues/api/queues/trigger/repeat%3Acustomers%3A1",
  "/a%20b?email=a%2Fb%0A",
  "/%C3%BC?x=%F0%9F%98%80",
  "/..%2e",
])("%s is plain", (url) => expect(isPlainAddress(url)).toBe(true));

it.each([
  "/runs/%00",
  "/runs?before=%00",
  "/runs/%zz",
  "/runs?before=%zz",
  "/runs?before=%",
  "/runs?%ff=1",
  "/..%2f..%2Fetc",
  "/a%5Cb",
  "/a%0ab",
  "/a%7f",
  "/%C0%AF",
  "/%ED%A0%80",
  "/runs?before=%ED%A0%80",
])("%s is odd", (url) => expect(isPlainAddress(url)).toBe(false));
