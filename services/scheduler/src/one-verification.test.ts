import { expect, it } from "vitest";
import { oneAtATime } from "./one-verification.js";

it("makes one after the other, once for all who ask for the same, and goes on after one that failed", async () => {
  const begun: string[] = [];
  const ends = new Map<string, { resolve: (value: string) => void; reject: (error: Error) => void }>();
  const verify = oneAtATime((key) => {
    begun.push(key);
    return new Promise<string>((resolve, reject) => ends.set(key, { resolve, reject }));
  });
  const [first, same, second] = [verify("a"), verify("a"), verify("b")];
  await expect.poll(() => begun).toEqual(["a"]);
  ends.get("a")?.reject(new Error("it failed"));
  await expect(first).rejects.toThrow("it failed");
  await expect(same).rejects.toThrow("it failed");
  await expect.poll(() => begun).toEqual(["a", "b"]);
  ends.get("b")?.resolve("done");
  expect(await second).toBe("done");
  const again = verify("a");
  await expect.poll(() => begun).toEqual(["a", "b", "a"]);
  ends.get("a")?.resolve("done");
  expect(await again).toBe("done");
});
