import { channels } from './channels.js';
import { handles } from './handles.js';
import type { PieceGroup } from './piece.js';
import { promises } from './promises.js';
import { scopes } from './scopes.js';
import { timers } from './timers.js';

export const pieceGroups: readonly PieceGroup[] = [timers, scopes, handles, channels, ...promises];
