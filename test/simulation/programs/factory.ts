import { Redis } from 'ioredis';
import type { EventLoop } from '../world/event-loop.js';

/** How the option `connect` makes clients: as most do; connected from the beginning; after a while; or not at all. */
export const WAYS = ['well', 'eagerly', 'late', 'rejects', 'throws'] as const;
export type Way = (typeof WAYS)[number];

/** One comes in time, one when hardly anybody waits for it any more. */
const LATE_MS = [2, 40, 200, 900];

/** Makes the clients of an instance. */
export class Factory {
  way: Way = 'well';
  /** Clients that came after a while, and connected by themselves: whoever wanted one may have gone, and have another. */
  late = 0;
  readonly #loop: Pick<EventLoop, 'after'>;
  #made = 0;

  constructor(loop: Pick<EventLoop, 'after'>) {
    this.#loop = loop;
  }

  make(options: object): unknown {
    this.#made += 1;
    const isLazy = this.way === 'well' || this.#made % 2 === 0;
    const client = () => new Redis({ ...options, lazyConnect: isLazy });
    const reason = new Error('there is no client');
    switch (this.way) {
      case 'throws':
        throw reason;
      case 'rejects':
        return Promise.reject(reason);
      case 'late':
        return new Promise((resolve) =>
          this.#loop.after(LATE_MS[this.#made % LATE_MS.length] as number, () => {
            const made = client();
            if (!isLazy) this.#follow(made);
            resolve(made);
          }),
        );
      default:
        return client();
    }
  }

  #follow(client: Redis): void {
    this.late += 1;
    client.once('end', () => {
      this.late -= 1;
    });
  }
}
