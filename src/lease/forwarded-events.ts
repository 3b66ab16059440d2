import type { Client } from '../connection/client.js';

type Listener = (...args: unknown[]) => void;

/** The events that a handle wants to hear of, from whichever client it stands for. */
export class ForwardedEvents {
  readonly #listeners = new Map<string | symbol, Listener>();

  add(event: string | symbol, listener: Listener, client: Client | undefined): void {
    if (this.#listeners.has(event)) return;
    this.#listeners.set(event, listener);
    client?.on(event as 'error', listener);
  }

  attach(client: Client): void {
    for (const [event, listener] of this.#listeners) client.on(event as 'error', listener);
  }

  detach(client: Client | undefined): void {
    for (const [event, listener] of this.#listeners) client?.off(event as 'error', listener);
  }
}
