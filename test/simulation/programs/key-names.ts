import { tagOf } from './keys.js';
import type { Action } from './program.js';
import { type Subject, strays } from './subject.js';
import type { Tally } from './tally.js';

/** Names the keys of what a scope does. */
export class KeyNames {
  /** Of the action that is done now. */
  tag: string;
  readonly #subject: Subject;
  readonly #tally: Tally;
  #writes = 0;

  constructor(subject: Subject, tally: Tally) {
    this.#subject = subject;
    this.#tally = tally;
    this.tag = subject.tag;
  }

  /** Of a cluster: now and then something else is done beside, on another node. */
  begin(action: Action): void {
    const { tag, id, transacts } = this.#subject;
    this.tag = tag && strays(action) && !transacts ? tagOf(id + action.how) : tag;
  }

  readonly fresh = (kind: string) => this.#own(`${kind}:${this.tag}${this.#tally.id()}`);

  readonly spread = (kind: string, which: number) => {
    const { id, tag } = this.#subject;
    return this.#own(`${kind}:${this.tag === tag ? tag : tagOf(id + which)}${this.#tally.id()}`);
  };

  readonly common = (kind: string, which: number) => `${kind}:${this.tag}${which}`;

  /** The same keys in each attempt. */
  readonly once = () => {
    this.#writes += 1;
    const key = `once:${this.tag}${this.#subject.id}.${this.#writes}`;
    this.#tally.allowed.set(key, this.#subject.repeats);
    return this.#own(key);
  };

  readonly open = () => {
    const key = this.fresh('open');
    this.#subject.opened.push(key);
    return key;
  };

  /** Whoever traces commands knows by their keys whose they are. */
  #own(key: string): string {
    this.#tally.world.traces?.own(key);
    return key;
  }
}
