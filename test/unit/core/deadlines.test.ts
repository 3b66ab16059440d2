import { expect, it } from 'vitest';
import { Deadlines, type Expirable } from '../../../src/core/deadlines.js';
import { FakeClock } from '../../support/fake-clock.js';

const member = (expired: () => void = () => {}): Expirable => ({
  expiresAt: 0,
  sooner: undefined,
  later: undefined,
  row: undefined,
  expire: expired,
});

it('expires each member once, in time, whatever the order of the durations', () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  const order: string[] = [];
  for (const ms of [30, 10, 20, 10])
    deadlines.add(
      member(() => order.push(`${ms} at ${clock.now()}`)),
      ms,
      clock.now(),
    );
  clock.advance(5);
  deadlines.add(
    member(() => order.push(`late 10 at ${clock.now()}`)),
    10,
    clock.now(),
  );
  clock.advance(100);
  expect(order).toEqual(['10 at 10', '10 at 10', 'late 10 at 15', '20 at 20', '30 at 30']);
  expect(clock.scheduled).toBe(0);
});

it('a member that has waited elsewhere before expires when its time is up, before those that came first', () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  const order: string[] = [];
  const add = (name: string, since: number) => {
    const each = member(() => order.push(`${name} at ${clock.now()}`));
    deadlines.add(each, 100, since);
    return each;
  };
  clock.advance(60);
  add('first', 60);
  add('second, since 20', 20);
  const gone = add('gone, since 10', 10);
  add('third, since 50', 50);
  gone.row?.remove(gone);
  clock.advance(1_000);
  expect(order).toEqual(['second, since 20 at 120', 'third, since 50 at 150', 'first at 160']);
  add('alone', clock.now());
  clock.advance(200);
  add('after an idle time, since long', clock.now() - 99);
  clock.advance(1);
  expect(order.slice(3)).toEqual(['alone at 1160', 'after an idle time, since long at 1261']);
  expect(clock.scheduled).toBe(0);
});

it('ten thousand durations of an hour leave a handful of timers once their calls are over', () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  for (let call = 0; call < 10_000; call++) {
    const each = member(() => expect.unreachable());
    deadlines.add(each, 3_600_000 + call / 7, clock.now());
    each.row?.remove(each);
  }
  expect(clock.scheduled).toBeLessThan(20);
  clock.advance(4_000_000);
  expect(clock.scheduled).toBe(0);
});

it('many durations at once still expire, and a member may begin another when it does', () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  let expired = 0;
  const again = () => {
    if (++expired < 200) deadlines.add(member(again), 1 + (expired % 50), clock.now());
  };
  for (let call = 0; call < 100; call++) deadlines.add(member(again), 1 + call, clock.now());
  clock.advance(20_000);
  expect(expired).toBe(299);
  expect(clock.scheduled).toBe(0);
});
