import { expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';

it('clears a timer of Node as Node does, whoever has replaced that meanwhile', async () => {
  const rung = vi.fn();
  const timer = systemClock.after(10, rung);
  const replaced = vi.spyOn(globalThis, 'clearTimeout').mockReturnValue();
  timer.cancel();
  expect(replaced).not.toHaveBeenCalled();
  replaced.mockRestore();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(rung).not.toHaveBeenCalled();
});
