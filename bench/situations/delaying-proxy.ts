import { connect, createServer, type Socket } from 'node:net';

/**
 * A process of its own that hands bytes on after half a round trip, each way. Between two looks it sleeps for a tenth of
 * a millisecond at the most, so that neither timers of whole milliseconds nor a loop that takes a core come in between.
 */
interface Chunk {
  readonly due: number;
  readonly bytes: Buffer;
  readonly to: Socket;
}

const [host = '', port = '', roundTripMs = ''] = process.argv.slice(2);
const delayMs = Number(roundTripMs) / 2;
const longestNapMs = 0.1;
/** In the order of their arrival, which is that of their departure too. */
const underWay: Chunk[] = [];
const pillow = new Int32Array(new SharedArrayBuffer(4));
let awake = false;

function link(from: Socket, to: Socket): void {
  from.setNoDelay(true);
  from.on('data', (bytes) => {
    underWay.push({ due: performance.now() + delayMs, bytes: bytes as Buffer, to });
    if (!awake) setImmediate(deliver);
    awake = true;
  });
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
}

function deliver(): void {
  const now = performance.now();
  let count = 0;
  while (count < underWay.length && underWay[count]!.due <= now) {
    const { to, bytes } = underWay[count]!;
    if (!to.destroyed) to.write(bytes);
    count += 1;
  }
  underWay.splice(0, count);
  awake = underWay.length > 0;
  if (!awake) return;
  const napMs = Math.min(longestNapMs, underWay[0]!.due - performance.now());
  if (napMs > 0) Atomics.wait(pillow, 0, 0, napMs);
  setImmediate(deliver);
}

const server = createServer((client) => {
  const upstream = connect(Number(port), host);
  link(client, upstream);
  link(upstream, client);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port));
process.once('disconnect', () => process.exit());
