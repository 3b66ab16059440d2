import type { SimSocket } from '../world/socket.js';
import { Signals } from './signals.js';
import type { World } from './world.js';

/** An action that comes to its end sooner or later. */
export interface Waiting {
  readonly of: string;
  readonly action: string;
}

/** What all calls of a program have in common. */
export class Tally {
  readonly world: World;
  readonly outcomes = new Map<string, number>();
  /** How often each `once:` key may be executed. */
  readonly allowed = new Map<string, number>();
  /** How many use a socket now that is for one alone. */
  readonly #users = new Map<object, number>();
  readonly #closings = new WeakMap<SimSocket, (() => void)[]>();
  /** Actions that wait for a reply. */
  readonly waiting = new Set<Waiting>();
  /** What calls are aborted by. */
  readonly signals: Signals;
  #serial = 0;

  constructor(world: World) {
    this.world = world;
    this.signals = new Signals(() => world.busyTime);
  }

  /** A number that nobody else has. */
  id(): number {
    this.#serial += 1;
    return this.#serial;
  }

  count(name: string, verdict: string): void {
    this.outcomes.set(verdict, (this.outcomes.get(verdict) ?? 0) + 1);
    if (verdict.startsWith('unexpected')) this.world.violate(`${name}: ${verdict}`);
  }

  /** Calls back once the socket is closed; many may have the same. */
  whenClosed(socket: SimSocket, run: () => void): void {
    let runs = this.#closings.get(socket);
    if (!runs) {
      const all: (() => void)[] = [];
      runs = all;
      this.#closings.set(socket, all);
      socket.once('close', () => {
        for (const each of all) each();
      });
    }
    runs.push(run);
  }

  /** Takes a socket for one alone; returns what gives it back, once. */
  use(socket: object, name: string): () => void {
    const users = this.#users.get(socket) ?? 0;
    if (users > 0) this.world.violate(`${name}: its connection is used by ${users + 1} at once`);
    this.#users.set(socket, users + 1);
    let left = false;
    return () => {
      if (!left) this.#users.set(socket, (this.#users.get(socket) ?? 1) - 1);
      left = true;
    };
  }
}
