import { beforeEach, expect, it } from 'vitest';
import { Gate } from '../../../src/cluster/gate.js';
import type { Unit } from '../../../src/cluster/unit.js';
import { FakeClock } from '../../support/fake-clock.js';

let clock: FakeClock;
let gate: Gate;
let passed: string[];
let failed: string[];
let admitting: boolean;

beforeEach(() => {
  clock = new FakeClock();
  passed = [];
  failed = [];
  admitting = true;
  gate = new Gate(clock, {
    pass: (unit) => passed.push(nameOf(unit)),
    admits: (alone) => alone || admitting,
    suits: (unit, first) => unit.target === first.target,
    opens: () => passed.push('opens'),
  });
});

const nameOf = (unit: Unit) => (unit as unknown as { name: string }).name;
const unitNamed = (name: string, hops = 0) =>
  ({
    name,
    hops,
    fail: () => void failed.push(name),
    run: (send: () => void) => send(),
  }) as unknown as Unit;

/** It was in flight, and the server has said that it belongs elsewhere. */
function redirect(unit: Unit): void {
  gate.leave();
  unit.hops ||= 1;
  gate.hold(unit);
  gate.advance();
}

it('sends again what was redirected when nothing is in flight, and what has come since when that is answered', () => {
  const [first, second, third, late] = ['first', 'second', 'third', 'late'].map((name) => unitNamed(name));
  for (const unit of [first!, second!, third!]) gate.enter(unit);
  redirect(first!);
  gate.enter(late!);
  redirect(third!);
  expect(passed).toEqual(['first', 'second', 'third']);
  gate.leave();
  gate.advance();
  expect(passed.slice(3)).toEqual(['opens', 'first', 'third']);
  gate.leave();
  gate.advance();
  expect(passed.slice(6)).toEqual([]);
  gate.leave();
  gate.advance();
  expect(passed.slice(6)).toEqual(['opens', 'late']);
  expect(gate.quiet).toBe(false);
});

it('holds one back, and all that comes after it, until what came before is answered, wherever that goes', () => {
  const [first, held, late] = [unitNamed('first'), unitNamed('held'), unitNamed('late')];
  gate.enter(first);
  gate.hold(held);
  gate.enter(late);
  redirect(first);
  expect(passed).toEqual(['first', 'opens', 'first']);
  gate.leave();
  gate.advance();
  expect(passed.slice(3)).toEqual(['opens', 'held', 'late']);
});

it('lets pass what goes elsewhere: at once, or before all that has come since the gate was closed', () => {
  const [first, held, elsewhere] = [unitNamed('first'), unitNamed('held'), unitNamed('elsewhere', 1)];
  gate.enter(first);
  gate.enter(elsewhere);
  expect(passed).toEqual(['first', 'elsewhere']);
  gate.leave();
  gate.hold(held);
  gate.enter(elsewhere);
  gate.leave();
  gate.advance();
  expect(passed.slice(2)).toEqual(['opens', 'elsewhere']);
});

it('goes on with what has come since where all that was to be sent again is given up', () => {
  const [first, late] = [unitNamed('first'), unitNamed('late')];
  const giving = new Gate(clock, {
    admits: () => true,
    suits: () => true,
    pass: (unit) => {
      passed.push(nameOf(unit));
      if (unit.hops > 0) giving.leave();
    },
    opens: () => {},
  });
  giving.enter(first);
  giving.leave();
  first.hops = 1;
  giving.hold(first);
  giving.enter(late);
  giving.advance();
  expect(passed).toEqual(['first', 'first', 'late']);
  giving.leave();
  expect(giving.quiet).toBe(true);
});

it('lets the nodes come to an agreement before it sends to and fro', () => {
  const unit = unitNamed('again', 3);
  gate.enter(unit);
  redirect(unit);
  clock.advance(7);
  expect(passed).toEqual(['again']);
  clock.advance(1);
  expect(passed).toEqual(['again', 'opens', 'again']);
});

it('fails what waits when it ends, and sends nothing afterwards', () => {
  const [sent, again, late] = [unitNamed('sent'), unitNamed('again', 9), unitNamed('late')];
  gate.enter(sent);
  gate.enter(again);
  redirect(again);
  gate.enter(late);
  gate.end(() => new Error('over'));
  expect(failed).toEqual(['again', 'late']);
  gate.leave();
  gate.advance();
  clock.advance(1_000);
  expect(passed).toEqual(['sent', 'again']);
});

it('lets what may not go beside what is in flight wait for it, and all that comes after', () => {
  const [first, second, third] = [unitNamed('first'), unitNamed('second'), unitNamed('third')];
  gate.enter(first);
  admitting = false;
  gate.enter(second);
  admitting = true;
  gate.enter(third);
  expect(passed).toEqual(['first']);
  gate.leave();
  gate.advance();
  expect(passed.slice(1)).toEqual(['opens', 'second', 'third']);
});

it('sends again what goes to one place, and what goes to the next when that is answered, each slot in order', () => {
  const place = (name: string, target: string, told: number) =>
    Object.assign(unitNamed(name), { target, told });
  const units = [place('b1', 'b', 1), place('c2', 'c', 2), place('b2', 'b', 2), place('b3', 'b', 3)];
  const late = unitNamed('late');
  for (const unit of units) gate.enter(unit);
  for (const unit of units) redirect(unit);
  gate.enter(late);
  expect(passed.slice(4)).toEqual(['opens', 'b1', 'b3']);
  // Now there, it is told to go on: before what was put off for it.
  Object.assign(units[0]!, { target: 'c' });
  redirect(units[0]!);
  gate.leave();
  gate.advance();
  expect(passed.slice(7)).toEqual(['opens', 'b1', 'c2']);
  for (let left = 0; left < 2; left += 1) gate.leave();
  gate.advance();
  expect(passed.slice(10)).toEqual(['opens', 'b2']);
  expect(gate.quiet).toBe(false);
  gate.leave();
  gate.advance();
  expect(passed.slice(12)).toEqual(['opens', 'late']);
});
