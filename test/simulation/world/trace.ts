const LONGEST_STORY = 400_000;

/**
 * What happened, as a number that tells two runs apart, and in words where somebody wants to read it. Everything that
 * the world does passes here, so two runs with the same number did the same things in the same order.
 */
export class Trace {
  #high = 0x811c9dc5;
  #low = 0x01000193;
  events = 0;
  /** Set where the story is to be told. */
  story: string[] | undefined;
  now: () => number = () => 0;

  note(what: string, who: number, detail: string | number = 0): void {
    this.events += 1;
    for (let i = 0; i < what.length; i++) this.#mix(what.charCodeAt(i));
    this.#mix(who);
    if (typeof detail === 'number') this.#mix(detail);
    else for (let i = 0; i < detail.length; i++) this.#mix(detail.charCodeAt(i));
    this.#mix(Math.round(this.now() * 1_000));
    if (this.story) this.#tell(what, who, detail);
  }

  get hex(): string {
    const hex = (part: number) => (part >>> 0).toString(16).padStart(8, '0');
    return hex(this.#high) + hex(this.#low);
  }

  /** For people alone: it may not be the same each time. */
  remark(text: string): void {
    this.story?.push(`${this.now().toFixed(3).padStart(11)}  ${text}`);
  }

  #mix(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x01000193);
    this.#low = Math.imul(this.#low ^ (value + (this.#high >>> 15)), 0x85ebca6b);
  }

  #tell(what: string, who: number, detail: string | number): void {
    if ((this.story?.length ?? 0) >= LONGEST_STORY) return;
    const at = this.now().toFixed(3).padStart(11);
    this.story?.push(`${at}  ${what} ${who}${detail === 0 ? '' : `  ${detail}`}`);
  }
}
