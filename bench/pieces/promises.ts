import { AsyncLocalStorage } from 'node:async_hooks';
import type { PieceGroup } from './piece.js';

const noop = () => undefined;

interface Command {
  readonly promise: Promise<unknown>;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

function newCommand(): Command {
  let resolve!: Command['resolve'];
  let reject!: Command['reject'];
  const promise = new Promise<unknown>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** Each command is answered and awaited, as the caller would. */
async function answerAll(times: number, prepare: (command: Command) => void): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const command = newCommand();
    prepare(command);
    command.resolve(time);
    await command.promise;
  }
}

const storage = new AsyncLocalStorage<object>();
const settled = Promise.resolve(1);

async function awaitAll(times: number, produce: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < times; time += 1) await produce();
}

async function withLayer(): Promise<unknown> {
  return await settled;
}

/** A command whose promise nobody looks at must not end the process. */
const harbours: PieceGroup = {
  group: 'a command that may be rejected unheard',
  alternatives: [
    {
      name: 'reject is wrapped',
      run: (times) =>
        answerAll(times, (command) => {
          const { reject } = command;
          command.reject = (error) => {
            command.promise.catch(noop);
            reject(error);
          };
        }),
    },
    {
      name: 'then(undefined, noop)',
      run: (times) => answerAll(times, ({ promise }) => void promise.catch(noop)),
    },
    { name: 'nothing: it does end the process', run: (times) => answerAll(times, noop) },
  ],
};

const layers: PieceGroup = {
  group: 'a layer around an awaited call',
  alternatives: [
    { name: 'new Promise and two callbacks', run: (times) => awaitAll(times, viaCallbacks) },
    { name: 'none', run: (times) => awaitAll(times, () => settled) },
    { name: 'async function', run: (times) => awaitAll(times, withLayer) },
    { name: 'two async functions', run: (times) => awaitAll(times, async () => await withLayer()) },
    { name: 'AsyncLocalStorage.run around an async function', run: awaitInStorage },
  ],
};

/** Node 20 watches every promise from the first run on, until it is disabled: the cost is not in `run`. */
async function awaitInStorage(times: number): Promise<void> {
  await awaitAll(times, () => storage.run({ label: 'price.get' }, withLayer));
  storage.disable();
}

function viaCallbacks(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    settled.then(resolve, reject);
  });
}

export const promises: readonly PieceGroup[] = [harbours, layers];
