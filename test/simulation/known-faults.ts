import type { Mutation } from '../mutation/mutations.js';
import { CLUSTER_FAULTS } from './cluster-faults.js';
import { cut } from './mend.js';

/** A fault that the package once had, and what takes its mend out of the package as it is. */
export interface KnownFault {
  /** In the list of what users of such libraries have met; those that the simulation met first have none. */
  readonly number?: number;
  readonly title: string;
  readonly mend: readonly Mutation[];
  /** Of ioredis, where the other one does not show it. */
  readonly major?: 5;
}

const asItIs = cut(
  'connection/writable.ts',
  "if (!('toWritable' in command)) return undefined;",
  'if (command) return undefined;',
);

export const KNOWN_FAULTS: readonly KnownFault[] = [
  {
    number: 60,
    title: "an argument that cannot be written gives strangers each other's replies",
    mend: [
      asItIs,
      cut(
        'connection/connection.ts',
        '    this.client.stream.destroy();\n    refuse(command, error);',
        '    refuse(command, error);',
      ),
    ],
  },
  {
    number: 61,
    title: 'the same argument leaves a rejection that nobody can handle',
    mend: [
      asItIs,
      cut(
        'connection/connection.ts',
        'this.#fallApart(command, error);\n      return false;',
        'client.stream.destroy();\n      throw error;',
      ),
    ],
  },
  {
    number: 62,
    title: "what throws in ioredis's data handler ends the process",
    mend: [
      cut(
        'connection/incoming.ts',
        'if (this.#expectsPushes) withoutLateThrows',
        'if (!this) withoutLateThrows',
      ),
      cut(
        'connection/incoming.ts',
        '    } catch (error) {\n      this.#break(error);',
        '    } catch (error) {\n      throw error;',
      ),
    ],
  },
  {
    number: 63,
    title: '`redis` does not go over `url`',
    mend: [
      cut(
        'options/target.ts',
        'const merged = { ...url, ...redis };',
        'const merged = { ...redis, ...url };',
      ),
    ],
  },
  {
    number: 65,
    title: 'options that are changed later change connections made later',
    mend: [
      cut(
        'options/redis-options.ts',
        'if (!isPolicy(name)) read[name] = snapshot(meaningOf(name, each));',
        'if (!isPolicy(name)) read[name] = meaningOf(name, each);',
      ),
    ],
  },
  {
    number: 66,
    title: 'a name that moved: every pooled write gets READONLY',
    mend: [
      cut(
        'connection/generation.ts',
        'if (tellsOfReplica(error, executed)) this.end(generation);',
        'if (generation < 0) this.end(generation);',
      ),
    ],
  },
  {
    number: 67,
    title: 'a master that was replaced and lives goes on taking writes, which are lost',
    mend: [
      cut(
        'adapters/dialler.ts',
        'if (isOther(place, master)) connection.client.stream.destroy();',
        'void [isOther, connection, place];',
      ),
    ],
  },
  {
    number: 68,
    title: 'a connection that said something nobody asked for is lent on',
    mend: [
      cut(
        'connection/incoming.ts',
        'if (this.idle && this.#client.commandQueue.length === 0 && !isRest) {',
        'if (!this) {',
      ),
      cut('adapters/dial-attempt.ts', 'if (words !== undefined) client.stream?.destroy();'),
    ],
  },
  {
    number: 69,
    title: 'a transaction inside a pipeline does nothing',
    mend: [
      cut(
        'handle/overrides.ts',
        "if (name === 'pipeline' && (pipeline._transactions ?? 0) > 0) return exec.apply(pipeline, given);",
      ),
    ],
  },
  {
    number: 70,
    title: 'commands after a refused multi({ pipeline: false }) run outside of it',
    mend: [cut('lease/sharing.ts', "if (needsOwn && effect === 'multi') this.#inBlock = true;")],
  },
  {
    number: 71,
    title: 'a shared scope aborted between grant and entry keeps its connection',
    mend: [cut('lease/unused.ts', 'await lease.release();')],
  },
  {
    number: 72,
    title: 'a false ClosedError',
    mend: [
      cut(
        'lease/shared-lender.ts',
        '    this.#opening = undefined;\n    opening.phase?.stop',
        '    opening.phase?.stop',
      ),
    ],
  },
  {
    number: 73,
    title: 'a wait that is given up leaves a dial behind it',
    mend: [
      cut(
        'adapters/sentinels.ts',
        'await closeClient(client, this.#forceMs, this.#clock);',
        "if (client.status === 'ready') await closeClient(client, this.#forceMs, this.#clock);",
      ),
    ],
  },
  {
    number: 74,
    title: 'a multi that nobody awaits ends the process',
    mend: [cut('handle/overrides.ts', 'if (result instanceof Promise) result.catch(noop);', 'void noop;')],
  },
  {
    number: 75,
    title: 'what a function throws is looked at',
    mend: [
      cut(
        'core/error-base.ts',
        'return made.has(error as WithRedisError);',
        'return error instanceof WithRedisError;',
      ),
    ],
  },
  {
    number: 76,
    title: 'the wall clock steps back: a dial storm',
    mend: [
      cut('adapters/generic-pool.ts', '= ++this.#serial;\n    this.#pool?', '= Date.now();\n    this.#pool?'),
      cut(
        'adapters/generic-pool.ts',
        '= ++this.#serial;\n    if (made.ok)',
        '= Date.now();\n    if (made.ok)',
      ),
      cut(
        'adapters/generic-pool.ts',
        'this.#trustedFrom = ++this.#serial;',
        'this.#trustedFrom = Date.now();',
      ),
      cut('pool/opener.ts', 'return inVain < 2 ? 0', 'return inVain >= 0 ? 0'),
    ],
  },
  {
    number: 78,
    title: 'a busy event loop is taken for a dead server',
    mend: [cut('core/clock.ts', 'this.#immediate = setImmediate(this.#fn);', 'this.#fn();')],
  },
  {
    number: 79,
    title: 'far away no connection is ever reused',
    mend: [
      cut(
        'connection/connection.ts',
        'return Math.max(SILENT_MS, 4 * roundTripMs);',
        'return SILENT_MS + 0 * roundTripMs;',
      ),
    ],
  },
  {
    number: 80,
    title: 'LOADING in reply to SELECT is final',
    mend: [
      cut('adapters/driver.ts', 'if (!isLoading(lookInto', 'if (open || !isLoading(lookInto'),
      cut('adapters/handshake.ts', 'if (!isLoading(failure)) throw failure;', 'throw failure;'),
    ],
  },
  {
    number: 82,
    title: 'a first sentinel that is mute keeps everything from connecting',
    mend: [
      cut(
        'adapters/dialler.ts',
        'this.#settings.dialTimeoutMs() / (places.length + 1);',
        'this.#settings.dialTimeoutMs();',
      ),
      cut('adapters/dialler.ts', 'this.#sentinels.avoid(sentinel);'),
    ],
  },
  {
    number: 88,
    title: 'a transaction that was refused as a whole is not repeated',
    mend: [
      cut(
        'connection/reply-error.ts',
        'return isAbort(error) && Array.isArray(previousErrors) && previousErrors.some(isServerRefusal);',
        'return isAbort(error) && !previousErrors;',
      ),
      cut('connection/writes.ts', ' || (isReplyError(error) && this.#aborts.has(error))'),
      cut(
        'connection/writes.ts',
        'if (!block?.begun) this.#succeeded = true;',
        'if (this) this.#succeeded = true;',
      ),
    ],
  },
  {
    title: "a script's own words are taken for a refusal of the server",
    mend: [cut('connection/reply-error.ts', '!BEFORE_SCRIPT.test(message)', '!message')],
  },
  {
    title: 'a word to a server that has vanished outlasts the limit of a release',
    mend: [
      cut('lease/blocked.ts', 'const release = () => void other', 'const release = () => other'),
      cut(
        'lease/exclusive-lease.ts',
        'Promise.race([blocked.letGo(beside, clock, late), late])',
        'blocked.letGo(beside, clock, late)',
      ),
    ],
  },
  {
    title: "the ready check of a factory's client leaves a timer behind a server that loads",
    mend: [
      cut(
        'adapters/adoption.ts',
        'if (check && !client.options.sentinels) {',
        'if (!check && client.options.sentinels) {',
      ),
    ],
  },
  {
    title: "ioredis 5 looks after a factory's client that has ended, and leaves a timer of 2 s behind it",
    mend: [
      cut(
        'adapters/adoption.ts',
        'if (check && !client.options.sentinels) {',
        'if (!check && client.options.sentinels) {',
      ),
      cut('adapters/adoption.ts', 'client.connector.stream = undefined', 'void client.connector.stream'),
    ],
    major: 5,
  },
  {
    title: 'a script of the standing client is unknown where another connection believes that it is loaded',
    mend: [cut('adapters/ioredis.ts', 'if (again && Class', 'if (!again && Class')],
  },
  {
    title: 'LOADING in reply to HELLO is final',
    mend: [cut('adapters/driver.ts', 'if (!isLoading(lookInto', 'if (open || !isLoading(lookInto')],
  },
  {
    title: 'what an auto scope sends after it could not move waits for its deadline',
    mend: [cut('lease/auto-lease.ts', 'this.#giveUp(error as Error);', 'this.#deferred = [];')],
  },
  {
    title: 'whoever fails to get a connection has minIdle others dialled in vain',
    mend: [cut('adapters/generic-pool.ts', 'if (asked || this.#isTime(kept)) await', 'await')],
  },
  {
    title:
      "a scope inside that is ended while its outer one waits at the server closes a stranger's connection",
    mend: [cut('lease/nested-lease.ts', 'if (connection.user === grant) await', 'await')],
  },
  {
    title: 'of shared calls without an await in between the first one can be executed last',
    mend: [
      cut(
        'lease/shared-lender.ts',
        'if (joined || this.#opening || this.#draining.on) return joined;',
        'return joined;',
      ),
      cut(
        'lease/shared-lender.ts',
        '    this.#opening = claim;\n',
        `    this.#opening = claim;
    const atHand = this.#options.lender.tryAcquire(NOBODY, now);
    if (atHand) return this.#opened(claim, atHand);
`,
      ),
    ],
  },
  {
    title: 'a hook that ends a lease which is being given back has it given back again',
    mend: [cut('lease/borrower.ts', '    this.#ended = DONE;\n')],
  },
  {
    title: 'connections that outlive their time unused are a reason to wait before the next dial',
    mend: [cut('pool/opener.ts', 'resource.lent > 0 || livedMs > STILLBORN_MS', 'resource.lent > 0')],
  },
  {
    title: 'a deadline that passes between grant and function is told of as if that had been running',
    mend: [cut('core/call.ts', "phase?.name ?? 'wait'", "phase?.name ?? 'run'")],
  },
  ...CLUSTER_FAULTS,
];
