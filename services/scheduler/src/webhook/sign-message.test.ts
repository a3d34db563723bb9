import { randomBytes } from "node:crypto";
import { ConfigurationError } from "@lethe/contracts/errors";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { createSigner } from "./sign-message.js";

const secretOf = (bytes: number) => `whsec_${randomBytes(bytes).toString("base64")}`;
const BODY = JSON.stringify({ type: "processed_files.rewritten", data: { files: [{ path: "zoë" }] } });

describe("a signed message", () => {
  it.each([24, 32, 64])("is known by the library of the standard, with a secret of %i bytes", (bytes) => {
    const secret = secretOf(bytes);
    const headers = createSigner(secret)("msg_1", BODY, new Date());
    expect(new Webhook(secret).verify(BODY, { ...headers })).toEqual(JSON.parse(BODY));
    expect(() => new Webhook(secret).verify(BODY.replace("zoë", "zoe"), { ...headers })).toThrow();
    expect(() => new Webhook(secret).verify(BODY, { ...headers, "webhook-id": "msg_2" })).toThrow();
    expect(() => new Webhook(secretOf(bytes)).verify(BODY, { ...headers })).toThrow();
  });

  it("is that of the standard's own example", () => {
    const at = new Date(1_614_265_330_000);
    const headers = createSigner("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")(
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      '{"test": 2432232314}',
      at,
    );
    expect(headers).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });
});

it.each([
  "",
  "whsec_",
  "secret",
  secretOf(23),
  secretOf(65),
  secretOf(32).slice(6),
  `${secretOf(32)}!`,
  `${secretOf(32)} `,
])("%j is no secret", (secret) => {
  expect(() => createSigner(secret)).toThrow(ConfigurationError);
  if (secret.length > 8) expect(() => createSigner(secret)).not.toThrow(secret.slice(6, 20));
});
