// Loaded into each service before its own code. It does what a drill cannot do from outside: it blocks the event loop, sets
// the process' clock and reports its memory, when the parent process says so over their channel.
const realNow = Date.now.bind(Date);
const RealDate = Date;
let offsetMs = 0;

process.on("message", (order) => {
  if (order.block !== undefined) block(order.block);
  if (order.clock !== undefined) setClock(order.clock);
  if (order.memory === true) process.send?.({ rssBytes: process.memoryUsage.rss() });
});
// Without this, the listener would keep a process alive that has nothing else to do.
process.channel?.unref();

/** Blocks the thread, so that no timer of the process fires and no lock is renewed. */
function block(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Shifts the process' time, as setting a clock does. Timers go on. */
function setClock(ms) {
  offsetMs = ms;
  Date.now = () => realNow() + offsetMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, self) => Reflect.construct(target, args.length === 0 ? [Date.now()] : args, self),
    apply: () => new RealDate(Date.now()).toString(),
  });
}
