import { createHash, createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { scramVerifier } from "./scram-verifier.js";

test("lets in who proves the password as in the example of RFC 7677, and nobody else", () => {
  const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
  // What client and server said there: https://www.rfc-editor.org/rfc/rfc7677#section-3
  const said =
    "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  const proof = Buffer.from("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "base64");
  const letsIn = (verifier: string) => {
    const storedKey = Buffer.from(verifier.split("$")[2]?.split(":")[0] ?? "", "base64");
    const signature = createHmac("sha256", storedKey).update(said).digest();
    const clientKey = Buffer.from(proof.map((byte, i) => byte ^ (signature[i] ?? 0)));
    return createHash("sha256").update(clientKey).digest().equals(storedKey);
  };
  expect(letsIn(scramVerifier("pencil", salt))).toBe(true);
  expect(letsIn(scramVerifier("pencils", salt))).toBe(false);
  expect(scramVerifier("pencil", salt)).toBe(
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  );
});

test.each(["", "pässword", "line\nbreak"])("refuses %j", (password) => {
  expect(() => scramVerifier(password)).toThrow(RangeError);
});
