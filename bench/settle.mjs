/**
 * Has the server do its upkeep of what has been loaded: vacuum, statistics, a checkpoint. It would do so by itself within
 * minutes, and whichever load came next would share the machine with it.
 */
export async function settle(client) {
  await client.query("vacuum (analyze)");
  await client.query("checkpoint");
}
