#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { isWithRedisError } from '../index.js';
import { typed } from './arguments.js';
import type { Command } from './command.js';
import { printable, printableLines } from './printable.js';
import { UsageError } from './usage-error.js';

const commands: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  leakcheck: () => import('./leakcheck.js'),
  clients: () => import('./clients.js'),
  dashboard: () => import('./dashboard.js'),
};

const help = `Usage: with-redis <command> [options]

Commands
  leakcheck   call a function again and again, and tell whether it leaks connections
  clients     who is connected to a Redis server
  dashboard   what getRealtimeDashboardData answers

Options
  -h, --help  this text; with a command, the text of that command
  --version   the version of with-redis

Exit codes: 0 fine, 1 a leak or no data, 2 inconclusive, a mistake in the arguments or a server that cannot be used.
`;

function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

async function run([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--version') return say(`${readVersion()}\n`);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    say(help);
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(commands, name)) {
    const known = Object.keys(commands).join(', ');
    throw new UsageError(`unknown command ${typed(name)}; known are ${known}`);
  }
  const { command } = await commands[name]!();
  if (args.includes('--help') || args.includes('-h')) return say(command.help);
  return command.run(args);
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

/** What is expected to go wrong gets one line; a stack is for mistakes of our own. */
function explain(error: unknown, command: string): string {
  if (error instanceof UsageError)
    return `with-redis: ${printable(error.message)} (see with-redis ${command}--help)`;
  if (isWithRedisError(error)) return `with-redis: ${printable(withCause(error))}`;
  if (isRefusal(error)) return `with-redis: the server says ${printable(error.message)}`;
  return `with-redis: ${printableLines(error instanceof Error ? String(error.stack) : String(error))}`;
}

/** Such as NOPERM to a user who may not ask. */
function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

function withCause({ message, cause }: Error): string {
  return cause instanceof Error && !message.includes(cause.message)
    ? `${message}: ${cause.message}`
    : message;
}

/** A leak, such as the one that was looked for, would keep the process; what was written goes out first, or fails. */
function exit(code: number): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => setImmediate(() => process.exit(code))));
}

// Whoever read what we write has gone, or a disk is full. Without a reader of our progress the answer still has one.
process.stdout.once('error', () => process.exit(2));
process.stderr.on('error', () => undefined);

const args = process.argv.slice(2);
const command = Object.hasOwn(commands, args[0] ?? '') ? `${args[0]} ` : '';

run(args).then(exit, (error: unknown) => {
  process.stderr.write(`${explain(error, command)}\n`);
  exit(2);
});
