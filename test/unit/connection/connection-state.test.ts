import { describe, expect, it } from 'vitest';
import type { Command } from '../../../src/connection/client.js';
import type { Effect } from '../../../src/connection/command-rules.js';
import { ConnectionState } from '../../../src/connection/connection-state.js';
import { defer } from '../../../src/core/outcome.js';

/** A connection whose replies come when a test says so, in order. */
function watched() {
  const state = new ConnectionState();
  const replies: { resolve(reply: unknown): void; reject(error: unknown): void }[] = [];
  return {
    state,
    send(name: string, effect: Effect) {
      const { promise, resolve, reject } = defer<unknown>();
      replies.push({ resolve, reject });
      state.note({ name, args: [], promise } as unknown as Command, effect);
    },
    async answer(reply: unknown = 'OK') {
      replies.shift()?.resolve(reply);
      await Promise.resolve();
    },
    async refuse(message: string) {
      replies.shift()?.reject(Object.assign(new Error(message), { name: 'ReplyError' }));
      await Promise.resolve();
    },
  };
}

const sent: string[] = [];
const send = async (name: string) => void sent.push(name);

const undone = (state: ConnectionState) => {
  sent.length = 0;
  return state.undo(send, 0) && [...sent];
};

describe('what a borrower did to a connection', () => {
  it('is cleared by the reply, not by the command', async () => {
    const { state, send, answer } = watched();
    send('watch', 'watch');
    send('unwatch', 'unwatch');
    await answer();
    expect(state.clean).toBe(false);
    await answer();
    expect(state.clean).toBe(true);
  });

  it('is not cleared by the reply to an earlier command', async () => {
    const { state, send, answer } = watched();
    send('unwatch', 'unwatch');
    send('watch', 'watch');
    await answer();
    await answer();
    expect(state.clean).toBe(false);
    expect(undone(state)).toEqual(['unwatch']);
  });

  it('is over with a transaction that the server refused as a whole, and with no other refusal', async () => {
    const aborted = 'EXECABORT Transaction discarded because of previous errors.';
    for (const [name, effect, message, clean] of [
      ['exec', 'exec', aborted, true],
      ['exec', 'exec', 'ERR EXEC without MULTI', false],
      ['unwatch', 'unwatch', aborted, false],
      ['unsubscribe', 'unsubscribe', aborted, false],
    ] as const) {
      const { state, send, answer, refuse } = watched();
      const [before, sets] =
        effect === 'unsubscribe' ? (['subscribe', 'subscribe'] as const) : (['watch', 'watch'] as const);
      send(before, sets);
      send(name, effect);
      await answer();
      await refuse(message);
      expect(state.clean, `${name}: ${message}`).toBe(clean);
    }
  });

  it('is not undone where RESP2 would be in subscriber mode for one part of it', async () => {
    const { state, send } = watched();
    send('watch', 'watch');
    send('subscribe', 'subscribe');
    expect(undone(state)).toBeUndefined();
    const other = watched();
    other.send('subscribe', 'subscribe');
    expect(undone(other.state)).toEqual(['unsubscribe']);
  });
});
