import type { Due } from './heap.js';

export type Run = () => void;

/** What timers need of the loop they ring in. */
export interface TimerLoop {
  bind(run: Run): Run;
  arm(timeout: VirtualTimeout): void;
  disarm(timeout: VirtualTimeout): void;
  nameTimer(timeout: VirtualTimeout): number;
}

/** Node's timers count in a signed 32-bit integer; what is longer fires after 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** What `setTimeout` and `setInterval` return. */
export class VirtualTimeout implements Due {
  at = 0;
  serial = 0;
  active = false;
  #refed = true;
  readonly #loop: TimerLoop;
  readonly ms: number;
  readonly repeats: boolean;
  readonly run: Run;

  constructor(loop: TimerLoop, run: Run, ms: number, repeats: boolean) {
    this.#loop = loop;
    this.run = loop.bind(run);
    this.ms = ms >= 1 && ms <= LONGEST_MS ? Math.trunc(ms) : 1;
    this.repeats = repeats;
    loop.arm(this);
  }

  ref(): this {
    this.#refed = true;
    return this;
  }

  unref(): this {
    this.#refed = false;
    return this;
  }

  hasRef(): boolean {
    return this.#refed;
  }

  refresh(): this {
    this.#loop.disarm(this);
    this.#loop.arm(this);
    return this;
  }

  close(): this {
    this.#loop.disarm(this);
    return this;
  }

  [Symbol.toPrimitive](): number {
    return this.#loop.nameTimer(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** What a place in the heap stands for: a timer, as it was armed then. */
export class Ring implements Due {
  constructor(
    readonly at: number,
    readonly serial: number,
    readonly timeout: VirtualTimeout,
  ) {}
}

export class VirtualImmediate {
  run: Run | undefined;

  constructor(run: Run) {
    this.run = run;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }
}
