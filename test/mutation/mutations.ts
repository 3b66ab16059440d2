/** One small mistake each, of the kind that a hurried change makes. `from` must stand in the file exactly once. */
export interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const of =
  (file: string) =>
  (from: string, to: string): Mutation => ({ file, from, to });

const attempt = of('src/instance/attempt.ts');
const nesting = of('src/server/nesting.ts');
const inner = of('src/lease/nested-lease.ts');
const channels = of('src/observe/channels.ts');
const borrow = of('src/server/borrow.ts');
const borrower = of('src/lease/borrower.ts');
const sender = of('src/lease/sender.ts');
const tolerateRejection = of('src/handle/refusals.ts');
const lease = of('src/lease/exclusive-lease.ts');
const release = of('src/connection/reset.ts');
const state = of('src/connection/connection-state.ts');
const rules = of('src/connection/command-rules.ts');
const connection = of('src/connection/connection.ts');
const waiters = of('src/pool/waiters.ts');
const lender = of('src/pool/lender.ts');
const takes = of('src/pool/intake.ts');
const slots = of('src/pool/permits.ts');
const opener = of('src/pool/opener.ts');
const ledger = of('src/pool/ledger.ts');
const retry = of('src/core/retry.ts');
const deadlines = of('src/core/deadlines.ts');
const warm = of('src/pool/just-returned.ts');
const writes = of('src/connection/writes.ts');
const log = of('src/connection/command-log.ts');
const autoLease = of('src/lease/auto-lease.ts');
const sharedLease = of('src/lease/shared-lease.ts');
const sharedLine = of('src/lease/shared-connection.ts');
const sharedLines = of('src/lease/shared-lender.ts');
const gate = of('src/cluster/gate.ts');
const dispatcher = of('src/cluster/dispatcher.ts');
const unit = of('src/cluster/unit.ts');
const lanes = of('src/cluster/lane-set.ts');
const router = of('src/cluster/router.ts');
const scopes = of('src/cluster/scopes.ts');
const topology = of('src/cluster/topology.ts');
const clusterLease = of('src/cluster/cluster-lease.ts');
const nodes = of('src/cluster/nodes.ts');
const deadlineRows = of('src/core/deadlines.ts');
const closeClient = of('src/adapters/close-client.ts');
const pool = of('src/adapters/generic-pool.ts');

export const mutations: readonly Mutation[] = [
  attempt('if (this.#call.stopped) return;', ''),
  attempt('RunningScope.end(this.#scope, error);', ''),
  attempt('if (!call.stopped) return new', 'if (fn) return new'),
  attempt('if (!repeats) call.end();\n    throw', 'throw'),
  borrower('this.wrote = true;', ''),
  borrower('this.watch?.end();', ''),
  borrower("this.client?.off(event as 'error', listener)", 'void [event, listener]'),
  tolerateRejection('command.promise.catch(noop);\n    reject(error);', 'reject(error);'),
  lease('if (flaw) return flaw;', ''),
  lease(
    "if (unanswered === 0 && (this.clean || !source.keeps)) return 'reuse';",
    "if (unanswered === 0) return 'reuse';",
  ),
  release("if (!(await lease.resource.answered())) return 'inFlight';", 'await lease.resource.answered();'),
  release('resolve(progress.timeUp);', ''),
  release('return lease.resource.flaw ?? verdict;', 'return verdict;'),
  state("if (effect === 'watch') this.#watch = serial;", "if (effect === 'watch') this.#watch = 0;"),
  state(
    "else if (effect === 'multi') this.#multi = serial;",
    "else if (effect === 'multi') this.#multi = 0;",
  ),
  state(
    "else if (effect === 'select') this.#select = serial;",
    "else if (effect === 'select') this.#select = 0;",
  ),
  state(
    "else if (effect === 'dirty') this.dirtiedBy ??= command.name;",
    "else if (effect === 'dirty') this.dirtiedBy = undefined;",
  ),
  state('if (this.dirtiedBy !== undefined) return undefined;', ''),
  state('flag < serial ? 0 : flag', '0'),
  rules('const name = command.name.toLowerCase();', 'const name = command.name;'),
  rules("return name in client || name.includes('.') ? PLAIN : DIRTY;", 'return PLAIN;'),
  rules(
    "if (name === 'client') return cleanClient(command) ? PLAIN : DIRTY;",
    "if (name === 'client') return PLAIN;",
  ),
  connection(
    'if (this.client.commandQueue.peekBack() === last) return false;',
    'if (this.client.commandQueue.peekBack() === last) return true;',
  ),
  waiters('this.#deadlines.remove(waiter);', ''),
  waiters('waiter.claim.phase = undefined;', ''),
  waiters('this.events.left();', ''),
  lender('if (this.pending - free >= maxPending)', 'if (this.pending - free > maxPending)'),
  lender('this.#waiters.refuseNew((claim) => this.closedError(claim));', ''),
  lender('if (this.#closed && !claim.running)', 'if (this.#closed)'),
  autoLease('if (this.#over) return;', ''),
  waiters('!waiter.claim.running && ', ''),
  lender(
    'if (resource.flaw || this.#waiters.size === 0) this.#cool(resource);',
    'if (this.#waiters.size === 0) this.#cool(resource);',
  ),
  takes('free() > this.#takes.size', 'free() >= this.#takes.size'),
  takes('take.cancel();', ''),
  slots(
    'if (this.#open >= this.#maxOpen || this.#connecting >= this.#maxConnecting) return;',
    'if (this.#connecting >= this.#maxConnecting) return;',
  ),
  slots('if (!dialled) this.#connecting -= 1;', ''),
  opener('slots.free(false);', ''),
  opener('ledger.opened(resource);', ''),
  ledger('this.borrowed += 1;', ''),
  ledger("if (resource.state === 'destroyed') return false;", ''),
  retry('if (hopeless) return false;', ''),
  retry('if (call.stopped) return { ok: false', 'if (!call) return { ok: false'),
  deadlines(
    'if (this.#first) this.#arm(this.#first.expiresAt);',
    'if (!this.#first) this.#rows.delete(this.#ms);',
  ),
  deadlines('while (this.#first && this.#first.expiresAt <= now)', 'while (this.#first)'),
  warm('if (Date.now() - this.#lastAt > this.#warmMs) this.flush();', ''),
  warm('this.#cool(resource, this.#firstAt);', 'this.#cool(resource, Date.now());'),
  writes(
    'return !this.#succeeded && this.#inDoubt === 0 && isServerRefusal(error);',
    'return this.#inDoubt === 0 && isServerRefusal(error);',
  ),
  log(
    "status: serial < this.written - unanswered ? 'replied' : 'in-doubt'",
    "status: serial < this.written ? 'replied' : 'in-doubt'",
  ),
  borrow('await lease.release();', ''),
  sender("if (pipeline?.isPipeline && status === 'ready' && socket.writable) pipeline.write('');", ''),
  borrower(
    "return effect === 'refused' ? lifecycleError(command.name, this.label) : undefined;",
    'return undefined;',
  ),
  lease('verdict.then((late) => this.#endLate(late))', 'verdict.then((late) => this.#end(late))'),
  state('if (this.#subscribe > 0 && this.#kind !== command.name) this.dirtiedBy ??= command.name;', ''),
  state(
    "if (effect === 'unsubscribe' && this.#subscribe > 0 && command.name.replace('un', '') !== this.#kind)",
    'if (!command)',
  ),
  state(
    'if (this.#multi > 0) steps.push(client.discard());',
    'if (this.#multi > 9) steps.push(client.discard());',
  ),
  state(
    'if (this.#watch || this.#multi || this.#select) return undefined;',
    'if (this.#multi) return undefined;',
  ),
  connection("if (state === 'idle') this.client.stream.unref();", 'if (!state) this.client.stream.unref();'),
  opener('this.#ended = true;', ''),
  opener('timer.cancel()', 'timer'),
  slots('() => this.#queue.delete(grant) : noop', 'noop : noop'),
  ledger('this.idle += 1;\n  }\n\n  /**', 'this.idle += 0;\n  }\n\n  /**'),
  autoLease('own.silent = this.#told;', ''),
  autoLease('if (this.#over) await own.release();', 'if (!own) await own;'),
  sharedLease('if (!this.quiet()) this.line.suspect();', ''),
  sharedLease('    this.line.spent = true;\n    if (this.#lastSerial', '    if (this.#lastSerial'),
  sharedLine("this.connection.client.stream.off('data', this.#onData);\n    return", 'return'),
  sharedLines('if (line.usable && trusted) return line;', 'if (line.usable) return line;'),
  sharedLines('if (line.usable && trusted) return line;', 'if (trusted) return line;'),
  closeClient('timer = systemClock.after(graceMs + 100, done);', ''),
  closeClient("client.once('end', done);", "client.once('close', done);"),
  pool('if (flaw || Date.now() - kept.idleSince', 'if (!flaw || Date.now() - kept.idleSince'),
  pool('this.invalidate();', ''),
  pool('if (!made.ok && !stale) throw made.error;', 'if (!made.ok) throw made.error;'),
  gate('this.#over = true;', ''),
  gate(
    'const units = [...this.#again, ...this.#deferred];',
    'const units = [...this.#deferred, ...this.#again];',
  ),
  gate('if (this.#closed) {', 'if (this.#closed && unit.hops > 99) {'),
  dispatcher('if (!this.#own) return true;', 'return true;'),
  dispatcher('if (lane === this.#main) this.#traveller.arrived(lease);', ''),
  dispatcher('this.#traveller.left();', ''),
  dispatcher("if (unit.redirect?.kind === 'ASK')", 'if (unit.hops > 99)'),
  unit("error.message.startsWith('EXECABORT')", 'false'),
  unit('this.redirect = undefined;', ''),
  lanes('if (claim.stopped) await lease.release();', 'if (claim.phase) await lease.release();'),
  lanes("claim.stop(error, 'closed')", 'void claim'),
  lanes('lease.silent = true;', ''),
  router('if (!claim.stopped) return lease;', 'return lease;'),
  router('avoid.add(address);', ''),
  router('this.topology.suspect(address);', ''),
  topology('nodes.keepOnly(this.#slots.masters);', ''),
  topology('if (this.#closed) throw new Unwanted();', ''),
  topology('if (this.pending === 0 && !this.#stale) this.#giveUp?.();', ''),
  clusterLease('if (whole) this.#blocks.add(multi);', 'if (whole) continue;'),
  clusterLease('else if (this.#mustShare) return notShared(multi, this.label);', ''),
  nodes('node.engine = undefined;', ''),
  scopes("claim.stop(error(claim), 'closed')", 'void claim'),
  scopes('for (const lease of held) lease.force(error(lease));', ''),
  scopes('    this.#running.delete(lease);\n', ''),
  scopes('this.#running.add(lease);', ''),
  unit("        entry.status = 'not-sent';\n", ''),
  clusterLease('lease.trace = this.trace;', ''),
  clusterLease(
    'const waited = !dispatcher.quiet;',
    'const waited = this.#record.hasSent && !dispatcher.quiet;',
  ),
  deadlineRows('while (sooner && sooner.expiresAt > expiresAt) sooner = sooner.sooner;', ''),
  nesting('held.every((loan)', 'held.some((loan)'),
  nesting('held.length >= this.#maxConnections && ', ''),
  nesting("resource.state === 'borrowed'", 'resource !== undefined'),
  nesting('!this.#waits.has(wait) || ', ''),
  nesting('return loan.clean && !loan.resource.flaw ? loan : undefined;', 'return loan;'),
  nesting(
    'if (!loan || loan.holder instanceof SharedConnection) return undefined;',
    'if (!loan) return undefined;',
  ),
  nesting('current.run(undefined, () => driver.dial())', 'driver.dial()'),
  inner('|| !this.#isShared ||', '||'),
  inner('this.loan.guests?.delete(this);', ''),
  inner('    this.noteWrite(command, rule);\n', ''),
  lease('if (this.guests) for (const guest of this.guests) guest.outlive();', ''),
  channels('if (!lease.client || !isTraced(releases))', 'if (!isTraced(releases))'),
  channels('if (this.#over) return;', ''),
];
