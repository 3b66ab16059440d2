import type { Client, Command } from './client.js';
import {
  BLOCKING_BY_OPTION,
  BLOCKING_COMMANDS,
  CLEAN_CLIENT_SUBCOMMANDS,
  DIRTYING_COMMANDS,
  HARMLESS_COMMANDS,
  PERSONAL_CLIENT_SUBCOMMANDS,
  READ_ONLY_COMMANDS,
  REFUSED_COMMANDS,
} from './commands.js';

/** What a command does to the connection it is sent on. */
export type Effect =
  | 'none'
  | 'refused'
  | 'dirty'
  | 'watch'
  | 'unwatch'
  | 'multi'
  | 'exec'
  | 'select'
  | 'confirm'
  | 'subscribe'
  | 'unsubscribe';

export interface Rule {
  readonly effect: Effect;
  /** Sending it twice is as good as once. */
  readonly harmless: boolean;
  /** It waits at the server, and all behind it on the same connection do too. */
  readonly blocks?: 'always' | 'by option';
  /** Its reply is about the connection that it is sent on. */
  readonly personal?: true;
  /** Nobody could have a reason to refuse it: as most commands it leaves nothing behind and holds nobody up. */
  readonly plain: boolean;
}

const rule = (rest: Omit<Rule, 'plain'>): Rule => ({
  ...rest,
  plain: rest.effect === 'none' && rest.blocks === undefined && rest.personal === undefined,
});

const EFFECTS: Readonly<Record<string, Effect>> = {
  watch: 'watch',
  unwatch: 'unwatch',
  multi: 'multi',
  exec: 'exec',
  discard: 'exec',
  select: 'select',
  wait: 'confirm',
  waitaof: 'confirm',
  subscribe: 'subscribe',
  psubscribe: 'subscribe',
  ssubscribe: 'subscribe',
  unsubscribe: 'unsubscribe',
  punsubscribe: 'unsubscribe',
  sunsubscribe: 'unsubscribe',
};

const RULES = new Map<string, Rule>();
const DIRTY: Rule = rule({ effect: 'dirty', harmless: false });
const PLAIN: Rule = rule({ effect: 'none', harmless: false });
const PERSONAL: Rule = rule({ effect: 'none', harmless: true, personal: true });

function define(names: Iterable<string>, ruleFor: (name: string) => Omit<Rule, 'plain'>): void {
  for (const name of names) RULES.set(name, rule(ruleFor(name)));
}

define([...READ_ONLY_COMMANDS, ...HARMLESS_COMMANDS], () => ({ effect: 'none', harmless: true }));
define(Object.keys(EFFECTS), (name) => ({ effect: EFFECTS[name] as Effect, harmless: RULES.has(name) }));
define(BLOCKING_COMMANDS, (name) => ({ ...(RULES.get(name) ?? PLAIN), blocks: 'always' }));
define(BLOCKING_BY_OPTION, (name) => ({ ...(RULES.get(name) ?? PLAIN), blocks: 'by option' }));
define(DIRTYING_COMMANDS, () => DIRTY);
define(REFUSED_COMMANDS, () => ({ effect: 'refused', harmless: false }));

/** Looks a command up by name, in any letter case. Names that neither we nor the client know count as dirty. */
export function ruleOf(command: Command, client: Client): Rule {
  const known = RULES.get(command.name);
  if (known) return known;
  const name = command.name.toLowerCase();
  if (name === 'client') return clientRule(firstArgument(command));
  if (name === 'script') return firstArgument(command) === 'debug' ? DIRTY : PLAIN;
  const rule = RULES.get(name);
  // ioredis 5 breaks on SUBSCRIBE in capitals, and neither major tracks SELECT in capitals: give it what it expects.
  if (rule && rule.effect !== 'none') command.name = name;
  if (rule) return rule;
  if (command.name === name && name in client) RULES.set(name, PLAIN);
  // Commands of modules carry a dot and act on data.
  return name in client || name.includes('.') ? PLAIN : DIRTY;
}

function clientRule(subcommand: string): Rule {
  if (PERSONAL_CLIENT_SUBCOMMANDS.includes(subcommand)) return PERSONAL;
  return CLEAN_CLIENT_SUBCOMMANDS.includes(subcommand) ? PLAIN : DIRTY;
}

function firstArgument(command: Command): string {
  return String(command.args[0]).toLowerCase();
}

/** Whether it does anything to its connection, or to the others who use it. */
export function needsOwnConnection({ args }: Command, rule: Rule, stream: unknown): boolean {
  const { effect, blocks } = rule;
  if (isBlock(rule, stream)) return false;
  if (effect !== 'none' || blocks === 'always') return true;
  return blocks === 'by option' && args.some((arg) => /^block$/i.test(String(arg)));
}

/** MULTI … EXEC that leave in one piece are one command to everybody else. */
export function isBlock({ effect }: Rule, stream: unknown): boolean {
  return (
    (effect === 'multi' || effect === 'exec') &&
    (stream as { isPipeline?: boolean } | undefined)?.isPipeline === true
  );
}
