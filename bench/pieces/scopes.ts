import type { PieceGroup } from './piece.js';

class FrozenByPrivacy {
  readonly #attempt: number;
  readonly #label: string | undefined;
  #controller: AbortController | undefined;

  constructor(attempt: number, label: string | undefined) {
    this.#attempt = attempt;
    this.#label = label;
    Object.freeze(this);
  }

  get attempt(): number {
    return this.#attempt;
  }

  get label(): string | undefined {
    return this.#label;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }
}

let kept: unknown;

/** What a function learns of the scope it runs in; nobody may change it. */
export const scopes: PieceGroup = {
  group: 'the scope that a function is given',
  alternatives: [
    {
      name: 'class with private fields, frozen',
      run(times) {
        for (let time = 0; time < times; time += 1) kept = new FrozenByPrivacy(time, undefined);
      },
    },
    {
      name: 'literal with a getter, frozen',
      run(times) {
        for (let time = 0; time < times; time += 1) {
          let controller: AbortController | undefined;
          kept = Object.freeze({
            attempt: time,
            label: undefined,
            get signal() {
              controller ??= new AbortController();
              return controller.signal;
            },
          });
        }
      },
    },
    {
      name: 'literal with an AbortController made beforehand',
      run(times) {
        for (let time = 0; time < times; time += 1) {
          kept = { attempt: time, label: undefined, signal: new AbortController().signal };
        }
      },
    },
  ],
};

export const lastScope = () => kept;
