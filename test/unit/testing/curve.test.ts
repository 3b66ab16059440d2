import { describe, expect, it } from 'vitest';
import { Curve, type Round } from '../../../src/testing/curve.js';

const at = (...times: readonly number[]) => times.map((time) => ({ at: time }));
const round = (startedAt: number, beganSettled = false): Round => ({
  startedAt,
  halfTime: startedAt + 5,
  beganSettled,
});

describe('the curve of a round', () => {
  it('is told in halves, by when things began, not by when they were seen', () => {
    const curve = new Curve();
    curve.look(at(10, 11, 12, 16), round(10));
    expect(curve.growth).toEqual([3, 1]);
  });

  it('counts nothing of what was there before it', () => {
    const curve = new Curve();
    curve.look(at(1, 2, 3), round(0));
    curve.begin();
    curve.look(at(1, 2, 3, 12, 17), round(10));
    expect(curve.growth).toEqual([1, 1]);
  });

  it('can be looked at again, once what closes has closed', () => {
    const curve = new Curve();
    curve.look(at(10, 11, 16, 17), round(10));
    curve.look(at(10), round(10));
    expect(curve.growth).toEqual([1, 0]);
  });

  it('goes on with the next round', () => {
    const curve = new Curve();
    curve.look(at(10, 16), round(10));
    curve.close();
    curve.look(at(10, 16, 22), round(20));
    expect(curve.growth).toEqual([1, 1, 1, 0]);
  });

  it('is ambiguous where some of before have gone: replaced, or closed late and leaked as many', () => {
    const curve = new Curve();
    curve.look(at(1, 2, 3), round(0));
    curve.begin();
    curve.look(at(3, 11, 12), round(10));
    expect([curve.growth, curve.isAmbiguous]).toEqual([[2], true]);
    curve.close();
    curve.look(at(11, 21, 22), round(20, true));
    expect([curve.growth, curve.isAmbiguous]).toEqual([[2, 0], false]);
  });

  it('of what is only counted is one stretch a round', () => {
    const curve = new Curve();
    curve.count(4);
    curve.begin();
    curve.count(9);
    curve.close();
    curve.count(12);
    expect(curve.growth).toEqual([5, 3]);
  });
});
