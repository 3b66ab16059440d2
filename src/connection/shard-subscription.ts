import type { Clock } from '../core/clock.js';
import type { Client, Command } from './client.js';
import { refuse } from './rejection.js';

/** SSUBSCRIBE that the server has not answered yet, by client; `undefined` once it has. */
const pending = new WeakMap<Client, Command | undefined>();

/**
 * When its slot moves, a server ends a subscription to a shard's channel, and tells by a frame that answers no command:
 * ioredis 6 emits `moved`. From then on nothing would be heard any more, so the connection is at its end. ioredis emits
 * the same for a MOVED in reply to SSUBSCRIBE, and 5 leaves that without an answer.
 */
export function endWhenSlotMoves(client: Client, clock: Clock): void {
  client.on('moved' as 'error', () => moved(client, clock));
}

/** To be told of every subscription. */
export function noteSubscription(client: Client, command: Command): void {
  if (command.name !== 'ssubscribe') return;
  pending.set(client, command);
  const answered = () => {
    if (pending.get(client) === command) pending.set(client, undefined);
  };
  command.promise.then(answered, answered);
}

function moved(client: Client, clock: Clock): void {
  const command = pending.get(client);
  if (!command) client.stream.destroy();
  else {
    clock.soon(() => {
      if (pending.get(client) !== command) return;
      const error = new Error('MOVED: the slot of the channel is served by another node');
      refuse(command, Object.assign(error, { name: 'ReplyError' }));
      client.stream.destroy();
    });
  }
}
