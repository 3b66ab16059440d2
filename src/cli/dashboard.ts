import { readDashboard } from '../dashboard/index.js';
import { createWithRedis } from '../index.js';
import { readArguments, refuseMore, requireUrl } from './arguments.js';
import type { Command } from './command.js';
import { formatDashboard } from './dashboard-table.js';
import { printable, printableJson } from './printable.js';
import { UsageError } from './usage-error.js';

const help = `Usage: with-redis dashboard [options]

What getRealtimeDashboardData answers: the market data that another service stored. Asks once, without waiting
for data that is not there yet.

Options
  --url <url>  the server; default: REDIS_URL
  --key <key>  where the data is stored; default: latest_market_data
  --json       the data as JSON, or null

Exit codes: 0 data, 1 no data, 2 a mistake in the arguments or a server that cannot be used.
`;

const quiet = { info() {}, warn() {}, error() {} };

async function run(args: readonly string[]): Promise<number> {
  const flags = { url: { type: 'string' }, key: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { values, positionals } = readArguments(args, flags);
  refuseMore(positionals);
  const withRedis = createWithRedis({ url: requireUrl(values.url), name: 'with-redis-cli' });
  const key = values.key === undefined ? {} : { key: values.key };
  const result = await readDashboard({ withRedis, attempts: 1, logger: quiet, ...key });
  if (result.status === 'ok') {
    const text = values.json ? toJson(result.data) : formatDashboard(result.data);
    process.stdout.write(`${text}\n`);
    return 0;
  }
  process.stderr.write(`with-redis: no market data: ${printable(result.reason)}\n`);
  if (values.json) process.stdout.write('null\n');
  return result.status === 'unavailable' ? 2 : 1;
}

/** What JSON can be read from may be nested too deeply to be written again. */
function toJson(data: object): string {
  try {
    return printableJson(data, 2);
  } catch {
    throw new UsageError('the data is nested too deeply for --json');
  }
}

export const command: Command = { help, run };
