import { expect, it } from "vitest";
import { isMisdirected } from "./loopback-host.js";

it.each([
  ["127.0.0.1:8080", false],
  ["localhost", false],
  ["LOCALHOST:80", false],
  ["[::1]:8080", false],
  ["127.evil.example.org:8080", true],
  ["127.0.0.1.example.org", true],
  ["lethe.example.org", true],
  ["localhost.:8080", false],
  ["localhost:", false],
  ["[::1]", false],
  ["127.255.255.254", false],
  ["127.0.0.256", true],
  ["127.0.0.1.", true],
  ["0.0.0.0:8080", true],
  ["localhost:80@example.org", true],
  ["localhost:80, example.org", true],
  ["localhost..", true],
  ["[::ffff:1.2.3.4]", true],
  ["", true],
])("host %s is misdirected: %s", (host, expected) => expect(isMisdirected({ host })).toBe(expected));
