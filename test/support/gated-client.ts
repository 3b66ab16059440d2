import { EventEmitter } from 'node:events';
import { clientOf } from './client-of.js';

/** How one step of a connection's life goes. */
export type Gate = 'ok' | 'err' | 'slow' | 'never';
export const GATES: readonly Gate[] = ['ok', 'err', 'slow', 'never'];

/** What each step of a client's life comes to. */
export interface ClientGates {
  readonly open: Gate;
  /** PING on a connection that was used before. */
  readonly validate: Gate;
  /** SELECT of the home database. */
  readonly undo: Gate;
  /** The reply to GET, which the borrower does not wait for. */
  readonly release: Gate;
  readonly close: Gate;
}

/** How long `slow` takes, in ms, where it is not half a second. */
const SLOW_MS = { open: 500, validate: 150, undo: 500, release: 500, close: 60 };

interface FakeCommand {
  name: string;
  readonly args: readonly unknown[];
  readonly promise: Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Sockets as a server would count them. */
export class Sockets {
  open = 0;
  most = 0;
  readonly all: GatedClient[] = [];

  opened(client: GatedClient): void {
    this.all.push(client);
    this.open += 1;
    this.most = Math.max(this.most, this.open);
  }
}

/** As much of an ioredis client as this package touches, each step of whose life goes as its gates say. */
export class GatedClient extends EventEmitter {
  status = 'wait';
  readonly options = { db: 0 };
  readonly condition = { select: 0 };
  readonly scriptsSet = {};
  readonly addedBuiltinSet = new Set<string>();
  readonly stream: GatedStream;
  readonly #queue: { readonly command: FakeCommand }[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #pings = 0;

  constructor(
    readonly gates: ClientGates,
    readonly sockets: Sockets,
  ) {
    super();
    this.stream = new GatedStream(() => this.#end());
  }

  readonly commandQueue = ((client: GatedClient) => ({
    get length() {
      return client.#queue.length;
    },
    peekBack: () => client.#queue.at(-1),
    peekFront: () => client.#queue[0],
    toArray: () => [...client.#queue],
  }))(this);

  connect(): Promise<void> {
    this.sockets.opened(this);
    this.status = 'connecting';
    return new Promise((resolve, reject) => {
      this.#afterGate('open', (failed) => {
        if (failed) {
          this.emit('error', new Error('ECONNREFUSED, as scripted'));
          this.#end();
          reject(new Error('Connection is closed.'));
        } else {
          this.status = 'ready';
          resolve();
        }
      });
    });
  }

  disconnect(): void {
    if (this.gates.close === 'err') throw new Error('disconnect() failed, as scripted');
    this.#afterGate('close', () => this.#end());
  }

  /** As ioredis does: a method makes a command and gives it to `this.sendCommand`, which a handle overrides. */
  #make(name: string, args: readonly unknown[]): FakeCommand {
    let resolve!: FakeCommand['resolve'];
    let reject!: FakeCommand['reject'];
    const promise = new Promise<unknown>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    return { name, args, promise, resolve, reject };
  }

  get = (...args: unknown[]) => this.sendCommand(this.#make('get', args));
  ping = () => this.sendCommand(this.#make('ping', []));
  select = (db: number) => this.sendCommand(this.#make('select', [db]));
  client = (...args: unknown[]) => this.sendCommand(this.#make('client', args));

  /** What a borrower calls: through its handle, so that it is noted. */
  static send(handle: object, name: string, ...args: unknown[]): Promise<unknown> {
    const gate = handle as GatedClient;
    const raw = clientOf(handle) as GatedClient;
    return gate.sendCommand(raw.#make(name, args));
  }

  sendCommand(command: FakeCommand): Promise<unknown> {
    if (this.status !== 'ready') {
      command.reject(new Error('Connection is closed.'));
      return command.promise;
    }
    this.#queue.push({ command });
    this.#answer(command);
    return command.promise;
  }

  #answer(command: FakeCommand): void {
    const reply = (failed: boolean) => {
      const at = this.#queue.findIndex((item) => item.command === command);
      if (at === -1) return;
      this.#queue.splice(at, 1);
      if (failed) command.reject(replyError(command.name));
      else command.resolve('OK');
    };
    if (command.name === 'ping' && this.#pings++ > 0) {
      this.#afterGate('validate', (failed) => {
        if (failed) this.#end();
        else reply(false);
      });
    } else if (command.name === 'select' && command.args[0] === 0) this.#afterGate('undo', reply);
    else if (command.name === 'get') this.#afterGate('release', reply);
    else this.#later(0, () => reply(false));
  }

  #afterGate(step: keyof ClientGates, then: (failed: boolean) => void): void {
    const gate = this.gates[step];
    if (gate !== 'never') this.#later(gate === 'slow' ? SLOW_MS[step] : 1, () => then(gate === 'err'));
  }

  #later(ms: number, fn: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      fn();
    }, ms);
    this.#timers.add(timer);
  }

  /** The socket is closed, by whomever: what is in flight is rejected, and nothing happens any more. */
  #end(): void {
    if (this.status === 'end') return;
    const was = this.status;
    this.status = 'end';
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    if (was !== 'wait') this.sockets.open -= 1;
    this.stream.closed();
    for (const { command } of this.#queue.splice(0)) command.reject(new Error('Connection is closed.'));
    this.emit('end');
  }
}

class GatedStream extends EventEmitter {
  writable = true;
  readonly #end: () => void;

  constructor(end: () => void) {
    super();
    this.#end = end;
  }

  ref(): void {}
  unref(): void {}
  cork(): void {}
  uncork(): void {}

  write(): boolean {
    return this.writable;
  }

  destroy(): void {
    this.#end();
  }

  closed(): void {
    this.writable = false;
    this.emit('close', false);
  }
}

function replyError(name: string): Error {
  return Object.assign(new Error(`ERR ${name} failed, as scripted`), { name: 'ReplyError' });
}
