import { afterEach, describe, expect, it } from 'vitest';
import { framesOf, isMinified, ownFrames, readStack, toText } from '../../../src/testing/stack.js';

const stack = `Error
    at connect (node:net:220:10)
    at new Promise (<anonymous>)
    at new Redis (/app/node_modules/ioredis/built/Redis.js:40:5)
    at getPrice (file:///app/service.js:12:17)
    at async main (C:\\app\\main.js:3:1)
    at async callCheckedFunction (/app/node_modules/with-redis/dist/testing/index.js:9:3)
    at test (/app/service.test.js:5:1)`;

describe('of a stack', () => {
  it('the frames of Node and of the kit say nothing', () => {
    expect(framesOf(stack)).toHaveLength(3);
  });

  it("the frames outside of node_modules are the reader's own", () => {
    const own = ownFrames(framesOf(stack));
    expect(toText(own)).toBe('at getPrice (/app/service.js:12:17)\nat async main (C:\\app\\main.js:3:1)');
  });
});

describe('a stack is text', () => {
  const original = Error.prepareStackTrace;
  afterEach(() => {
    Error.prepareStackTrace = original;
  });

  function readHere(): string {
    const trace = {} as { stack: string };
    Error.captureStackTrace(trace);
    return readStack(trace);
  }

  it.each<[string, NonNullable<typeof Error.prepareStackTrace>]>([
    ['its call sites', (_error, sites) => sites],
    ['no frames', () => 'no stack for you'],
    ['an error', (error) => error.message.trim()],
  ])('where the service answers with %s', (_, prepare) => {
    Error.prepareStackTrace = prepare;
    const [first] = framesOf(readHere());
    expect(Error.prepareStackTrace).toBe(prepare);
    Error.prepareStackTrace = original;
    expect(first).toMatch(/^at readHere .*stack\.test\.ts:\d+:\d+\)$/);
  });

  it('that a service has mapped stays as it is', () => {
    Error.prepareStackTrace = () => 'Error\n    at mapped (/app/service.ts:3:1)';
    expect(framesOf(readHere())).toEqual(['at mapped (/app/service.ts:3:1)']);
  });
});

it.each([
  ['at a (/app/dist/service.js:1:48211)\nat b (/app/main.js:3:1)', true],
  ['at getPrice (/app/service.js:12:17)', false],
  ['at /app/service.js:12:17', false],
  ['', false],
])('tells a bundle from what somebody has written: %j', (stack, minified) => {
  expect(isMinified(stack)).toBe(minified);
});
