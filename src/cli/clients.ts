import { setTimeout as wait } from 'node:timers/promises';
import { createWithRedis, type ScopedRedis } from '../index.js';
import { readMaxClients } from '../testing/client-list.js';
import { readArguments, readSeconds, refuseMore, requireUrl } from './arguments.js';
import { type ClientReport, formatClients, reportClients } from './client-groups.js';
import type { Command } from './command.js';
import { printableJson } from './printable.js';
import { redrawsOn } from './terminal.js';

const help = `Usage: with-redis clients [options]

Who is connected to a Redis server: connections by name and address, their age and idle time, and how many more
the server takes.

Options
  --url <url>        the server; default: REDIS_URL
  --watch <seconds>  again and again, until Ctrl-C
  --json             as JSON; with --watch, one line each time
`;

async function run(args: readonly string[]): Promise<number> {
  const flags = { url: { type: 'string' }, watch: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { values, positionals } = readArguments(args, flags);
  refuseMore(positionals);
  const seconds = readSeconds('watch', values.watch);
  const instance = createWithRedis({ url: requireUrl(values.url), name: 'with-redis-cli' });
  for (;;) {
    show(await instance(readClients), values.json === true, seconds !== undefined);
    if (seconds === undefined) return 0;
    await wait(seconds * 1_000);
  }
}

async function readClients(redis: ScopedRedis): Promise<ClientReport> {
  const [id, list, limit] = [redis.client('ID'), redis.client('LIST'), readMaxClients(redis)];
  return reportClients(String(await list), Number(await id), await limit);
}

function show(report: ClientReport, asJson: boolean, again: boolean): void {
  const output = process.stdout;
  if (asJson) {
    output.write(`${printableJson(report, again ? 0 : 2)}\n`);
    return;
  }
  if (again && redrawsOn(output)) {
    output.cursorTo(0, 0);
    output.clearScreenDown();
  }
  output.write(`${formatClients(report)}\n${again && !redrawsOn(output) ? '\n' : ''}`);
}

export const command: Command = { help, run };
