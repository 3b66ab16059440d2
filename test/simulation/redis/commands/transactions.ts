import type { CommandTable } from '../command.js';
import { type Bytes, Failure, NO_LIST, OK, type Reply, Several } from '../resp.js';
import type { Session } from '../session.js';

/** Runs what EXEC and scripts run: a command of the table, whatever mood the server is in. */
export type Run = (session: Session, command: readonly Bytes[]) => Reply;

const EXECABORT = new Failure('EXECABORT Transaction discarded because of previous errors.');

function end(session: Session): void {
  session.queued = undefined;
  session.spoilt = false;
  session.unwatch();
}

function execute(session: Session, run: Run): Reply {
  const { queued, spoilt, disturbed, watched, watchRefused } = session;
  if (!queued) return new Failure('ERR EXEC without MULTI');
  session.guard = watched.length > 0 ? 'kept' : watchRefused ? 'refused' : 'none';
  end(session);
  if (spoilt) return EXECABORT;
  if (disturbed) return NO_LIST;
  session.executing = true;
  try {
    // One by one, for what it publishes to itself comes in between.
    session.answerList(queued.length);
    for (const command of queued) session.answer(run(session, command));
    return new Several([]);
  } finally {
    session.executing = false;
  }
}

export function transactions(run: Run): CommandTable {
  return {
    multi: {
      arity: 1,
      kind: 'other',
      whileLoading: true,
      notQueued: true,
      run(session) {
        if (session.queued) return new Failure('ERR MULTI calls can not be nested');
        session.queued = [];
        return OK;
      },
    },
    exec: {
      arity: 1,
      kind: 'other',
      whileLoading: true,
      notQueued: true,
      run: (session) => execute(session, run),
    },
    discard: {
      arity: 1,
      kind: 'other',
      whileLoading: true,
      notQueued: true,
      run(session) {
        if (!session.queued) return new Failure('ERR DISCARD without MULTI');
        end(session);
        return OK;
      },
    },
    watch: {
      arity: -2,
      kind: 'other',
      whileLoading: true,
      notQueued: true,
      keys: [1, -1],
      run(session, keys) {
        if (session.queued) return new Failure('ERR WATCH inside MULTI is not allowed');
        for (const key of keys) session.watched.push({ db: session.db, key });
        return OK;
      },
    },
    unwatch: {
      arity: 1,
      kind: 'other',
      whileLoading: true,
      run(session) {
        session.unwatch();
        return OK;
      },
    },
  };
}
