import type { Client } from '../connection/client.js';

type Listener = (...args: unknown[]) => void;

/** The events that a handle wants to hear of, from whichever client it stands for; from none while it is between two. */
export class ForwardedEvents {
  readonly #listeners = new Map<string | symbol, Listener>();
  #client: Client | undefined;

  constructor(client: Client | undefined) {
    this.#client = client;
  }

  add(event: string | symbol, listener: Listener): void {
    if (this.#listeners.has(event)) return;
    this.#listeners.set(event, listener);
    this.#client?.on(event as 'error', listener);
  }

  attach(client: Client): void {
    this.detach();
    this.#client = client;
    for (const [event, listener] of this.#listeners) client.on(event as 'error', listener);
  }

  detach(): this {
    const client = this.#client;
    this.#client = undefined;
    for (const [event, listener] of this.#listeners) client?.off(event as 'error', listener);
    return this;
  }
}
