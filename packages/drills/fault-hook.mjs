// Loaded into each service before its own code, so that a drill can do from within what cannot be done from outside:
// block the event loop, set the process' clock back, tell its memory. Orders come over the channel to the parent.
const realNow = Date.now.bind(Date);
const RealDate = Date;
let offsetMs = 0;

process.on("message", (order) => {
  if (order.block !== undefined) block(order.block);
  if (order.clock !== undefined) setClock(order.clock);
  if (order.memory === true) process.send?.({ rssBytes: process.memoryUsage.rss() });
});
// Listening alone would keep a process that has nothing else to do.
process.channel?.unref();

/** Holds the thread, so that nothing else of the process runs: no timer, no renewal of a lock. */
function block(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Shifts what the process takes for the time, as a clock that is set does; timers go on. */
function setClock(ms) {
  offsetMs = ms;
  Date.now = () => realNow() + offsetMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, self) => Reflect.construct(target, args.length === 0 ? [Date.now()] : args, self),
    apply: () => new RealDate(Date.now()).toString(),
  });
}
