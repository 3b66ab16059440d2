import type { Address } from './plan.js';

/** How many of those that are in no map any more are kept. */
const REMEMBERED = 64;

/** Every address that was ever named as a node's: one that lives is enough to find the cluster again. */
export class Acquaintances {
  readonly #seeds: readonly Address[];
  /** What the map tells of now. */
  #current: ReadonlySet<Address> = new Set();
  /** The most recent ones last. */
  readonly #former = new Set<Address>();
  /** Did not do what was asked of them; asked last. */
  readonly #suspects = new Set<Address>();
  #turn = 0;

  constructor(seeds: readonly Address[]) {
    this.#seeds = seeds;
  }

  /** A server has spoken of it. */
  meet(address: Address): void {
    this.#former.delete(address);
    this.#former.add(address);
    const [oldest] = this.#former;
    if (this.#former.size > REMEMBERED) this.#former.delete(oldest as Address);
  }

  suspect(address: Address): void {
    this.#suspects.add(address);
    if (this.#suspects.size > 2 * REMEMBERED) this.#suspects.clear();
  }

  /** There is a new map, of these. */
  update(named: ReadonlySet<Address>): void {
    for (const address of this.#current) if (!named.has(address)) this.meet(address);
    for (const address of named) this.#former.delete(address);
    this.#current = named;
    this.#suspects.clear();
  }

  /** The nodes of the map in turn, masters first, then who was named at the beginning, then who was later, then who is in doubt. */
  candidates(masters: ReadonlySet<Address>): Address[] {
    const list = [...masters];
    const start = list.length > 0 ? this.#turn++ % list.length : 0;
    const inTurn = [...list.slice(start), ...list.slice(0, start)];
    const former = [...this.#former].reverse();
    const all = [...new Set([...inTurn, ...this.#seeds, ...this.#current, ...former])];
    const inDoubt = (address: Address) => this.#suspects.has(address);
    return [...all.filter((address) => !inDoubt(address)), ...all.filter(inDoubt)];
  }

  isSeed(address: Address): boolean {
    return this.#seeds.includes(address);
  }
}
