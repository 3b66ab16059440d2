import { expect, it } from 'vitest';
import { formatDashboard } from '../../../src/cli/dashboard-table.js';
import { toDashboardData } from '../../../src/dashboard/index.js';

const table = (json: string) => formatDashboard(toDashboardData(json)!);
const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

it.each([
  ['an object', '{"price":1}', '{…}'],
  ['an object that has no text', '{"toString":null,"valueOf":1}', '{…}'],
  ['a list of any depth', deep, '[…]'],
  ['a number of many digits', '1e308', '1e+308'],
  ['a long text', `"${'x'.repeat(10_000)}"`, `${'x'.repeat(40)}…`],
  ['true', 'true', 'true'],
])('shows %s, wherever it stands', (_, value, shown) => {
  const fields = ['btc', 'btc_change_24h', 'market_cap', 'rsi', 'timestamp'];
  const text = table(`{${fields.map((name) => `"${name}":${value}`).join()}}`);
  expect(text.split(shown)).toHaveLength(fields.length + 1);
  expect(text.length).toBeLessThan(1_000);
});
