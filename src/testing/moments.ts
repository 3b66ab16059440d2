import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';

/** Taken when the kit is loaded: fake timers of a test come later, and would make a check wait for ever. */
export const now: () => number = performance.now.bind(performance);

export const pause: (ms: number) => Promise<void> = wait;

const POLL_MS = 10;

export const poll = (): Promise<void> => pause(POLL_MS);
