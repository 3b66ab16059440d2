import { describe, expect, it } from 'vitest';
import { formatClients, reportClients } from '../../../src/cli/client-groups.js';

const row = (id: number, addr: string, name: string, age: number, idle: number) =>
  `id=${id} addr=${addr} name=${name} age=${age} idle=${idle} cmd=get`;

const list = [
  row(1, '10.0.0.5:40001', 'cart', 4_000, 3_900),
  row(2, '10.0.0.5:40002', 'cart', 12, 0),
  row(3, '10.0.0.6:40003', 'cart', 90, 1),
  row(4, '[::1]:40004', '', 300_000, 8_000),
  row(5, '10.0.0.9:40005', 'with-redis-cli', 0, 0),
].join('\n');

describe('clients', () => {
  it('are grouped by name and address, the largest group first, without our own', () => {
    expect(reportClients(list, 5, 100)).toEqual({
      connected: 4,
      maxclients: 100,
      groups: [
        {
          name: 'cart',
          address: '10.0.0.5',
          connections: 2,
          ageSeconds: { least: 12, most: 4_000 },
          idleSeconds: { least: 0, most: 3_900 },
        },
        expect.objectContaining({ name: 'cart', address: '10.0.0.6', connections: 1 }),
        expect.objectContaining({ name: '', address: '[::1]', connections: 1 }),
      ],
    });
  });

  it('are shown as a table with the headroom', () => {
    expect(formatClients(reportClients(list, 5, 100))).toBe(
      [
        'NAME       ADDRESS   CONNECTIONS  AGE             IDLE',
        'cart       10.0.0.5  2            12 s to 66 min  0 s to 65 min',
        'cart       10.0.0.6  1            90 s            1 s',
        '(no name)  [::1]     1            3 d             2 h',
        '',
        '4 clients of 100 (maxclients): room for 96 more',
      ].join('\n'),
    );
    expect(formatClients(reportClients('', 5, null))).toContain('0 clients; the server does not tell');
  });
});
