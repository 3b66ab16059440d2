import { describe, expect, it } from 'vitest';
import { framesOf, ownFrames, toText } from '../../../src/testing/stack.js';

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
