/** What JSON can say. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Each field of the answer, and the names under which services store it: the first one present wins. */
const ALIASES = {
  btc_price: ['btc_price', 'btc_price_usd', 'btc', 'bitcoin'],
  btc_change_24h: ['btc_change_24h', 'btc_24h_change', 'bitcoin_change_24h'],
  btc_rsi_14: ['btc_rsi_14', 'rsi_14', 'btc_rsi', 'rsi'],
  eth_price: ['eth_price', 'eth_price_usd', 'eth', 'ethereum'],
  eth_change_24h: ['eth_change_24h', 'eth_24h_change', 'ethereum_change_24h'],
  sol_price: ['sol_price', 'sol_price_usd', 'sol', 'solana'],
  sol_change_24h: ['sol_change_24h', 'sol_24h_change', 'solana_change_24h'],
  xrp_price: ['xrp_price', 'xrp_price_usd', 'xrp'],
  xrp_change_24h: ['xrp_change_24h', 'xrp_24h_change'],
  ada_price: ['ada_price', 'ada_price_usd', 'ada', 'cardano'],
  ada_change_24h: ['ada_change_24h', 'ada_24h_change', 'cardano_change_24h'],
  link_price: ['link_price', 'link_price_usd', 'link', 'chainlink'],
  link_change_24h: ['link_change_24h', 'link_24h_change', 'chainlink_change_24h'],
  bnb_price: ['bnb_price', 'bnb_price_usd', 'bnb', 'binance_coin'],
  bnb_change_24h: ['bnb_change_24h', 'bnb_24h_change'],
  market_cap: ['market_cap', 'market_cap_usd', 'total_market_cap'],
  volume_24h: ['volume_24h', 'volume_24h_usd', 'total_volume_24h'],
  market_cap_change_24h: [
    'market_cap_change_percentage_24h_usd',
    'market_cap_change_24h',
    'total_market_cap_change_24h',
  ],
  btc_dominance: ['btc_dominance', 'btc_market_cap_percentage', 'bitcoin_dominance'],
  eth_dominance: ['eth_dominance', 'eth_market_cap_percentage', 'ethereum_dominance'],
  fear_greed_index: ['fear_greed_index', 'fng_value', 'fear_and_greed_index'],
  timestamp: ['timestamp', 'last_updated', 'updated_at'],
  source: ['source', 'data_source', 'normalized_by'],
  data_sources: ['data_sources'],
  partial_failure: ['partial_failure'],
  fetch_duration_ms: ['fetch_duration_ms'],
} as const satisfies Record<string, readonly string[]>;

/** A field that a stored object may or may not have. */
export type DashboardField = keyof typeof ALIASES;

/**
 * Market data under its canonical names: prices and totals in US dollars, changes, dominance and the index as plain
 * numbers of per cent or points.
 *
 * What was not stored is absent, what was stored as `null` is `null`. Values are passed on as another service wrote
 * them, unchecked, so their type is whatever JSON allows: look before you compute.
 */
export interface DashboardData extends Readonly<Partial<Record<DashboardField, JsonValue>>> {
  readonly data_source: 'real_time';
}

/** `problem` completes a sentence that begins with the value, and quotes nothing of it. */
export type ParsedDashboard =
  | { readonly ok: true; readonly data: DashboardData }
  | { readonly ok: false; readonly problem: string };

const FIELDS = Object.entries(ALIASES) as [DashboardField, readonly string[]][];

/**
 * Reads a stored value: canonical names, of each field the first alias present. Pure, and never throws: what is not
 * JSON, or not a JSON object, is `null`.
 *
 * @example
 * ```ts
 * import { toDashboardData } from 'with-redis/dashboard';
 *
 * toDashboardData('{"btc":97412.65,"bitcoin":1}'); // { btc_price: 97412.65, data_source: 'real_time' }
 * ```
 */
export function toDashboardData(json: string): DashboardData | null {
  const parsed = parseDashboard(json);
  return parsed.ok ? parsed.data : null;
}

/** The parser's own message is left out: it quotes the value. */
export function parseDashboard(json: string): ParsedDashboard {
  let stored: unknown;
  try {
    stored = JSON.parse(json);
  } catch {
    return { ok: false, problem: 'is not JSON' };
  }
  if (typeof stored === 'object' && stored !== null && !Array.isArray(stored)) {
    return { ok: true, data: pickFields(stored as Record<string, JsonValue>) };
  }
  return { ok: false, problem: `is JSON, but ${kindOf(stored)} instead of an object` };
}

/** Own properties alone: a stored `__proto__` is a name like any other, and none that is asked for. */
function pickFields(stored: Readonly<Record<string, JsonValue>>): DashboardData {
  const present = FIELDS.flatMap(([field, aliases]) => {
    const alias = aliases.find((name) => Object.hasOwn(stored, name));
    return alias === undefined ? [] : [[field, stored[alias]] as const];
  });
  return { ...Object.fromEntries(present), data_source: 'real_time' };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
