import { systemClock } from '../../src/core/clock.js';
import { Deadlines, type Expirable } from '../../src/core/deadlines.js';
import type { PieceGroup } from './piece.js';

class Member implements Expirable {
  expiresAt = 0;
  sooner: Expirable | undefined;
  later: Expirable | undefined;
  row: Expirable['row'];
  expire(): void {}
}

const deadlineMs = 30_000;

export const timers: PieceGroup = {
  group: 'a limit that does not strike',
  alternatives: [
    {
      name: 'a place in a row with one timer',
      run(times) {
        const deadlines = new Deadlines(systemClock);
        const now = performance.now();
        for (let time = 0; time < times; time += 1) {
          const member = new Member();
          deadlines.add(member, deadlineMs, now);
          member.row?.remove(member);
        }
        deadlines.clear();
      },
    },
    {
      name: 'a timer of its own',
      run(times) {
        for (let time = 0; time < times; time += 1) {
          const member = new Member();
          clearTimeout(setTimeout(() => member.expire(), deadlineMs));
        }
      },
    },
  ],
};
