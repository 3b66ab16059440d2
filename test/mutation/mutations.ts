/** One small mistake each, of the kind that a hurried change makes. `from` must stand in the file exactly once. */
export interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

type Change = readonly [from: string, to: string];

const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  'src/connection/batch.ts': [
    ["if (pipeline?.isPipeline && status === 'ready' && socket.writable) pipeline.write('');", ''],
    ['if (!stream.writable) return;', ''],
  ],
  'src/instance/attempt.ts': [
    ['if (call.stopped) return;', ''],
    ['RunningScope.end(this.#scope, error);', ''],
    ['wait?.granted();\n    if (call.stopped) {', 'wait?.granted();\n    if (!call) {'],
    ['if (call.repeatable === undefined) call.end();\n      throw', 'throw'],
  ],
  'src/lease/unused.ts': [['await lease.release();', '']],
  'src/lease/borrower.ts': [
    ['this.trace ??= followEnd', 'this.trace = followEnd'],
    ['return this.#ended ?? this.#end(reason) ?? DONE;', 'return this.#end(reason) ?? DONE;'],
    ['this.#wrote = true;', ''],
    ['this.watch?.end();', ''],
    ['if (this.guests) for (const guest of this.guests) guest.outlive();', ''],
    [
      "return effect === 'refused' ? lifecycleError(command.name, this.label) : undefined;",
      'return undefined;',
    ],
  ],
  'src/lease/forwarded-events.ts': [["client?.off(event as 'error', listener)", 'void [event, listener]']],
  'src/connection/rejection.ts': [['  command.promise.catch(noop);\n', '']],
  'src/lease/exclusive-lease.ts': [
    ['if (!flaw && !isReady)', 'if (!isReady)'],
    ['unanswered === 0 && (!keeps || (this.state?.clean ?? true))', 'unanswered === 0'],
    ["await this.#end(verdict === 'reuse' && !keeps ? 'unpooled' : verdict);", 'await this.#end(verdict);'],
  ],
  'src/connection/reset.ts': [
    [
      "if (!(await this.connection.whenAnswered())) return 'inFlight';",
      'await this.connection.whenAnswered();',
    ],
    ["return this.#undoing ? 'dirty' : 'inFlight';", "return 'reuse';"],
    ['verdict: connection.flaw ?? verdict', 'verdict'],
  ],
  'src/connection/connection-state.ts': [
    ["effect === 'exec' && isAbort(reply)", 'isAbort(reply)'],
    [' && isAbort(reply)', ''],
    ["watch: { sets: 'watch' }", 'watch: {}'],
    ["multi: { sets: 'multi' }", 'multi: {}'],
    ["select: { sets: 'select' }", 'select: {}'],
    ["if (effect === 'dirty' || this.#isAmb", 'if (this.#isAmb'],
    ['if (this.dirtiedBy !== undefined) return undefined;', ''],
    ['if (this.#marks[mark] < serial) this', 'this'],
    ["if (effect === 'subscribe') return name !== this.#kind;", ''],
    ["return effect === 'unsubscribe' && name.replace('un', '') !== this.#kind;", 'return false;'],
    ["if (multi) steps.push(send('discard'));", "if (multi > 9) steps.push(send('discard'));"],
    [
      'if (subscribe && (watch || multi || select)) return undefined;',
      'if (subscribe && multi) return undefined;',
    ],
  ],
  'src/connection/command-rules.ts': [
    ['const name = command.name.toLowerCase();', 'const name = command.name;'],
    ["return name in client || name.includes('.') ? PLAIN : DIRTY;", 'return PLAIN;'],
    ['return CLEAN_CLIENT_SUBCOMMANDS.includes(subcommand) ? PLAIN : DIRTY;', 'return PLAIN;'],
  ],
  'src/connection/connection.ts': [
    ['this.#lost || this.client.status', 'this.client.status'],
    ["this.client.status !== 'ready' || !this", '!this'],
    [' || !this.client.stream.writable', ''],
    [
      'if (this.client.commandQueue.peekBack()?.command === last.command) return false;',
      'if (this.client.commandQueue.peekBack()?.command === last.command) return true;',
    ],
    ['if (isIdle) this.client.stream.unref();', 'if (!state) this.client.stream.unref();'],
    ['if (reply !== command.promise) reply.catch(noop);', ''],
    ['    this.client.stream.destroy();\n    refuse(command, error);', '    refuse(command, error);'],
    ["if (this.#bornIn < this.#generation.current) return 'unhealthy';", ''],
    ['this.#lost?.errors.add(error);', 'void error;'],
  ],
  'src/cluster/slot-question.ts': [
    ['isOurs(error) && !(error instanceof AcquireTimeoutError)', 'isOurs(error)'],
    ['isOurs(error) && !(error instanceof AcquireTimeoutError)', '!(error instanceof AcquireTimeoutError)'],
  ],
  'src/pool/waiters.ts': [
    ['waiter.row?.remove(waiter);', ''],
    ['waiter.claim.phase = undefined;', ''],
    ['this.events.left();', ''],
    ['if (size - served >= maxPending)', 'if (size - served > maxPending)'],
    ['if (!waiter.claim.running) this', 'this'],
  ],
  'src/pool/lender.ts': [
    ['this.#waiters.refuseNew(closedError(this.#options.name));', ''],
    ['if (this.#ended || (this.#closed && !claim.running))', 'if (this.#closed)'],
    [
      'if (resource.flaw || this.pending === 0) this.#giveBack(resource);',
      'if (this.pending === 0) this.#giveBack(resource);',
    ],
  ],
  'src/lease/auto-lease.ts': [
    ['if (this.#over) return;', ''],
    ['own.silent = this.#told;', ''],
    ['if (this.#over) await own.release();', 'if (!own) await own;'],
  ],
  'src/pool/intake.ts': [
    ['free() > this.#takes.size', 'free() >= this.#takes.size'],
    ['take.cancel();', ''],
  ],
  'src/pool/permits.ts': [
    [
      'if (this.#open >= this.#maxOpen || this.#connecting >= this.#maxConnecting) return;',
      'if (this.#connecting >= this.#maxConnecting) return;',
    ],
    ['if (!dialled) this.#connecting -= 1;', ''],
    ['() => this.#queue.delete(grant) : noop', 'noop : noop'],
  ],
  'src/pool/opener.ts': [
    ['permits.free(false);', ''],
    ['ledger.opened(resource);', ''],
    ['this.#ended = true;', ''],
    ['        timer.cancel();\n        this.#dials', '        this.#dials'],
    ['else if (FAULTS.has(reason)) this.#stillborn += 1;', ''],
  ],
  'src/pool/ledger.ts': [
    ['this.borrowed += 1;', ''],
    ["if (resource.state === 'destroyed') return false;", ''],
    ['this.idle += 1;\n  }\n\n  /**', 'this.idle += 0;\n  }\n\n  /**'],
  ],
  'src/core/retry.ts': [
    ['if (!outcome.ok && isHopeless(outcome.error)) return false;', ''],
    ['if (call.stopped) return { ok: false', 'if (!call) return { ok: false'],
    ['  if (!isOurs(error)) return false;\n', ''],
  ],
  'src/core/deadlines.ts': [
    ['if (this.#first) this.#arm(this.#first.expiresAt);', 'if (!this.#first) this.#rows.delete(this.#ms);'],
    ['while (this.#first && this.#first.expiresAt <= now)', 'while (this.#first)'],
    ['while (sooner && sooner.expiresAt > expiresAt) sooner = sooner.sooner;', ''],
  ],
  'src/pool/just-returned.ts': [
    ['if (this.#clock.wall() - this.#lastAt > this.#keepMs) this.flush();', ''],
    ['new Moment(this.#clock, this.#firstAt)', 'new Moment(this.#clock)'],
  ],
  'src/connection/writes.ts': [
    ['if (this.#succeeded || this.#inDoubt > 0) return false;', 'if (this.#inDoubt > 0) return false;'],
  ],
  'src/connection/sent-commands.ts': [
    ["(serials[index] as number) <= answered ? 'replied'", "(serials[index] as number) > 0 ? 'replied'"],
  ],
  'src/lease/shared-lease.ts': [
    ['if (!this.quiet()) this.shared.suspect();', ''],
    ['leave(this, this.#context.clock.now() - startedAt)', 'leave(this)'],
  ],
  'src/lease/shared-connection.ts': [
    ["this.connection.client.stream.off('data', this.#onData);\n    return", 'return'],
  ],
  'src/lease/shared-lender.ts': [
    ['if (shared.usable(isLast) && trusted) return', 'if (shared.usable(isLast)) return'],
    ['if (shared.usable(isLast) && trusted) return', 'if (trusted) return'],
    ['    this.#opening = undefined;\n    opening.phase?.stop', '    opening.phase?.stop'],
  ],
  'src/adapters/close-client.ts': [
    ['timer = clock.after(graceMs + 100, done);', ''],
    ["client.once('end', done);", "client.once('close', done);"],
  ],
  'src/adapters/generic-pool.ts': [
    ['if (flaw || this.#idleMs(kept)', 'if (!flaw || this.#idleMs(kept)'],
    ['this.invalidate();', ''],
    ['if (!kept.made.ok && kept.returned < startedAt) await', 'if (!kept.made.ok) await'],
    ['if (asked || this.#isTime(kept)) await', 'await'],
  ],
  'src/cluster/gate.ts': [
    ['this.#over = error;', ''],
    [
      'again ? this.#takeWith(again) : this.#waiting.splice(0)',
      '[...(again ? this.#takeWith(again) : []), ...this.#waiting.splice(0)]',
    ],
    ['this.#closed ||= this.#held > 0;', ''],
    ['if (this.#closed) (unit.hops', 'if (this.#closed && unit.hops > 99) (unit.hops'],
    ['this.#closed ||= !this.#keeper.admits(this.#inFlight === 0);', ''],
    ['passed.add(unit.told);', ''],
    ['this.#behind.push(unit);', ''],
  ],
  'src/cluster/dispatcher.ts': [
    ['if (!this.#own) return true;', 'return true;'],
    ['if (lane === this.#main) this.#traveller.arrived(lease);', ''],
    ['this.#traveller.left();', ''],
    ['if (reason !== undefined) this.gate.end(() => reason);', ''],
    ["if (redirect?.kind === 'ASK')", 'if (unit.hops > 99)'],
  ],
  'src/cluster/unit.ts': [
    ['return this.redirect !== undefined && isAbort(error);', 'return false;'],
    ['this.redirect = undefined;', ''],
    ['remember(false, error);\n        if (!isReply', 'if (!isReply'],
    ["        entry.status = 'not-sent';\n", ''],
  ],
  'src/cluster/lane-set.ts': [
    ['if (claim.stopped) await lease.release();', 'if (claim.phase) await lease.release();'],
    ["lane.claim?.stop(error(), 'closed');", ''],
  ],
  'src/cluster/router.ts': [
    ['lease.silent = true;', ''],
    ['return stopped ? giveBackUnused(lease, stopped) : { address, lease };', 'return { address, lease };'],
    ['avoid.add(address);', ''],
    ['this.topology.suspect(address);', ''],
  ],
  'src/cluster/topology.ts': [
    ['this.#context.nodes.keepOnly(chart.masters, chart.named);', ''],
    ['if (this.#slots.isForeign(chart))\n', 'if (!chart)\n'],
    ['if (chart) throw this.#disbelieve(address, chart);', ''],
    ['if (this.pending === 0 && !this.#stale) this.#inquiry?.stop();', ''],
  ],
  'src/cluster/cluster-lease.ts': [
    ['if (whole) this.#blocks = (this.#blocks ?? new WeakSet()).add(multi);', 'if (whole) continue;'],
    ["else if (this.#mustShare) return notShared('multi', this.label);", ''],
    ['lease.trace = this.trace;', ''],
    ['if (unit.needsOwn)', 'if (!unit.isBlock && unit.needsOwn)'],
    ['this.#dispatcher.gate.quiet ?', '!this.#record.last || this.#dispatcher.gate.quiet ?'],
  ],
  'src/cluster/lane.ts': [['unit.run(() => send(unit, lease))', 'send(unit, lease)']],
  'src/cluster/nodes.ts': [['node.server = undefined;', '']],
  'src/cluster/scopes.ts': [
    ["claim.stop(error(claim), 'closed')", 'void claim'],
    ['for (const lease of held) lease.force(error);', ''],
    ['    this.#running.remove(lease);\n', ''],
    ['this.#running.push(lease);', ''],
  ],
  'src/server/server-backend.ts': [['shared.pendingBeside', 'shared.pending']],
  'src/core/around.ts': [['around.run(undefined, run)', 'run()']],
  'src/server/nesting.ts': [
    ['held.every((lease)', 'held.some((lease)'],
    ['held.length >= this.#maxConnections && ', ''],
    ["connection.state === 'borrowed'", 'connection !== undefined'],
    ['!this.#waits.has(wait) || ', ''],
    ['return lease.clean && !lease.connection.flaw ? lease : undefined;', 'return lease;'],
    [
      'if (!(lease instanceof ExclusiveLease) || lease.holder instanceof SharedConnection) return undefined;',
      'if (!(lease instanceof ExclusiveLease)) return undefined;',
    ],
  ],
  'src/lease/nested-lease.ts': [
    ['?? this.#sharing?.refusal(this, command, rule, stream)', ''],
    ['this.grant.guests?.delete(this);\n    tellOfPart', 'tellOfPart'],
    ['this.connection.written > written', 'true'],
    ['this.note(command, rule, this.connection', 'void [rule, this.connection'],
  ],
  'src/observe/channels.ts': [['if (this.#over) return;\n    this.#over = true;', '']],
  'src/connection/writable.ts': [
    ['else if (!write(args, index)) {', 'else if (write(args, index) && !args) {'],
  ],
  'src/connection/incoming.ts': [
    ['if (this.idle && this.#client.commandQueue.length === 0 && !isRest) {', 'if (!this) {'],
    ['if (this.#expectsPushes) withoutLateThrows', 'if (!this) withoutLateThrows'],
    ['commandQueue.unshift(taken);', 'void taken;'],
  ],
  'src/connection/generation.ts': [['if (quietMs < this.#pauseMs) return;', '']],
  'src/core/clock.ts': [
    ['this.#immediate = setImmediate(this.#fn);', 'this.#fn();'],
    ['return this.#madeBy === setTimeout;', 'return true;'],
  ],
  'src/lease/sharing.ts': [
    ["if (needsOwn && effect === 'multi') this.#inBlock = true;", ''],
    ["if (effect === 'watch') this.#watches = true;", ''],
  ],
  'src/adapters/liveness.ts': [["(reply) => reply === TOKEN || reply === 'PONG'", '() => true']],
  'src/adapters/handshake.ts': [['if (actual !== role)', 'if (!actual)']],
  'src/options/target.ts': [['const merged = { ...url, ...redis };', 'const merged = { ...redis, ...url };']],
  'src/options/settings.ts': [['snapshot(readCluster(options))', 'readCluster(options)']],
  'src/options/redis-options.ts': [
    [
      'if (!isPolicy(name)) read[name] = snapshot(meaningOf(name, each));',
      'if (!isPolicy(name)) read[name] = meaningOf(name, each);',
    ],
  ],
  'src/adapters/sentinel-watch.ts': [
    ['if (Array.isArray(reply)) this.#tell(reply[0], reply[1]);', ''],
    ["if (alone) throw new SentinelError('the sentinel does not reach the others');", ''],
  ],
  'src/adapters/dialler.ts': [
    ["if (isAlone) throw new SentinelError('it does not reach the others', false, place);", ''],
    ['if (isOther(place, master)) connection.client.stream.destroy();', ''],
  ],
  'src/lease/blocked.ts': [
    ["return this.#open > 0 && this.#connection.flaw !== 'lost';", 'return false;'],
    ['if (alone) this.#connection.askedId', 'this.#connection.askedId'],
  ],
  'src/instance/standing-owner.ts': [
    ['if (taken === undefined || taken === null) refuse', 'if (true) refuse'],
    ["if (failure && commands.at(-1)?.name === 'exec') throw failure;", ''],
    [
      'const refusal = this.#piece ? undefined : refusalOf(command, rule, stream);',
      'const refusal = undefined;',
    ],
    ['return leavesOpen(commands, pipeline) ?', 'return false ?'],
    ['!bare && commands.some(waits)', 'false'],
  ],
  'src/instance/means.ts': [
    ["for (const call of means.sleeping) call.stop(closedError(means.settings.name)(call), 'closed');", ''],
    ['filter((each) => each !== standIn)', 'slice(0, -1)'],
    ['await closeMeans(standIn, DRAIN_MS, clock);', ''],
  ],
};

export const mutations: readonly Mutation[] = Object.entries(CHANGES).flatMap(([file, changes]) =>
  changes.map(([from, to]) => ({ file, from, to })),
);
