import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { createConnectionPlaces } from "./connection-places.js";

function connection(remoteAddress: string) {
  return Object.assign(new PassThrough(), { remoteAddress });
}

it("gives a network half of the places, and a newcomer the place of its connection that has rested the longest", () => {
  const places = createConnectionPlaces(4);
  const [first, second, third] = [connection("10.0.0.1"), connection("::ffff:10.0.0.1"), connection("10.0.0.1")];
  const other = connection("10.0.0.2");
  for (const one of [other, first, second]) expect(places.take(one)).toBe(true);
  places.setAtWork(first, true);
  places.setAtWork(first, false);
  expect(places.take(third)).toBe(true);
  expect([first, second, third, other].map(({ destroyed }) => destroyed)).toEqual([false, true, false, false]);
});

it("refuses a network all of whose places are at work, and no other", () => {
  const places = createConnectionPlaces(4);
  const busy = [connection("10.0.0.1"), connection("10.0.0.1")];
  for (const one of busy) {
    places.take(one);
    places.setAtWork(one, true);
  }
  expect(places.take(connection("10.0.0.1"))).toBe(false);
  expect(places.take(connection("10.0.0.2"))).toBe(true);
  expect(busy.some(({ destroyed }) => destroyed)).toBe(false);
});

it("gives whoever comes when all places are taken that of the one at rest, whatever its network", () => {
  const places = createConnectionPlaces(2);
  const [first, second, third] = [connection("10.0.0.1"), connection("10.0.0.2"), connection("10.0.0.3")];
  for (const one of [first, second, third]) expect(places.take(one)).toBe(true);
  expect([first, second, third].map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
});

it("has the place of a connection again that ends", async () => {
  const places = createConnectionPlaces(2);
  const one = connection("10.0.0.1");
  places.take(one);
  places.setAtWork(one, true);
  one.destroy();
  await new Promise((resolve) => one.once("close", resolve));
  places.setAtWork(one, false);
  expect(places.take(connection("10.0.0.1"))).toBe(true);
});
