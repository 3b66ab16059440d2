import { describe, expect, it } from 'vitest';
import { Curves, type Sight } from '../../../src/testing/curves.js';
import type { Remnant } from '../../../src/testing/remnants.js';

const round = { startedAt: 0, halfTime: 50, beganSettled: false };

/** One after the other, of a hundred moments. */
const left = (target: string, moments: readonly number[]): Remnant[] =>
  moments.map((at) => ({ state: 'open', at, target, remote: target, localPort: 1, stack: () => '' }));
const all = Array.from({ length: 100 }, (_, at) => at);
const first = all.slice(0, 10);

const sight = (part: Partial<Sight>): Sight => ({ ofCalls: [], ofOthers: [], outside: [], ...part });

function look(part: Partial<Sight>): Curves {
  const curves = new Curves(5);
  curves.look(sight({}), round);
  curves.begin();
  curves.look(sight(part), round);
  return curves;
}

describe('what the calls left', () => {
  it('is told apart by where it leads to: what does not grow is no part of the leak', () => {
    const curves = look({ ofCalls: [...left('redis:6379', all), ...left('web:80', first)] });
    expect(curves.suspicion).toBe('leak');
    expect([curves.grows('redis:6379'), curves.grows('web:80')]).toEqual([true, false]);
  });

  it('leaks all together where no place grows enough by itself', () => {
    const nodes = ['a:1', 'b:1', 'c:1', 'd:1', 'e:1', 'f:1', 'g:1', 'h:1', 'i:1', 'j:1'];
    const spread = nodes.flatMap((target, index) => left(target, [index, 90 + index]));
    const curves = look({ ofCalls: spread });
    expect(curves.suspicion).toBe('leak');
    expect(nodes.every((target) => curves.grows(target))).toBe(true);
  });

  it('is a leak whatever others do', () => {
    const curves = look({ ofCalls: left('redis:6379', all), ofOthers: left('redis:6379', [60]) });
    expect(curves.suspicion).toBe('leak');
    expect(curves.suspicionOf('others')).toBe('doubt');
  });
});

describe('what others left', () => {
  it('leaves a doubt as long as it grows', () => {
    expect(look({ ofOthers: left('redis:6379', [60]) }).suspicion).toBe('doubt');
    expect(look({ ofOthers: left('redis:6379', first) }).suspicion).toBe('ok');
  });
});
