import { expect, it } from 'vitest';
import { parseClientList, portOf } from '../../../src/testing/client-list.js';

it('reads CLIENT LIST', () => {
  const text =
    'id=3 addr=127.0.0.1:50412 laddr=127.0.0.1:6379 name=cart age=12 idle=4 cmd=get|x\n' +
    'id=4 addr=/tmp/redis.sock:0 name= age=0 idle=0 cmd=client|list\n';
  expect(parseClientList(text)).toEqual([
    { id: 3, addr: '127.0.0.1:50412', name: 'cart', ageSeconds: 12, idleSeconds: 4, command: 'get|x' },
    { id: 4, addr: '/tmp/redis.sock:0', name: '', ageSeconds: 0, idleSeconds: 0, command: 'client|list' },
  ]);
});

it.each([
  ['127.0.0.1:50412', 50412],
  ['[::1]:6380', 6380],
  ['/tmp/redis.sock:0', 0],
])('reads the port of %s', (addr, port) => {
  expect(portOf(addr)).toBe(port);
});
