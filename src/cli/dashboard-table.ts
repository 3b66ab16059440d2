import { printable } from './printable.js';

type Fields = Readonly<Record<string, unknown>>;

const coins = ['btc', 'eth', 'sol', 'xrp', 'ada', 'link', 'bnb'];

/** What the getter answered, as a small table for the terminal. */
export function formatDashboard(data: object): string {
  const fields = data as Fields;
  const rows = [
    ['', 'price, USD', '24 h'],
    ...coins.map((coin) => [
      coin.toUpperCase(),
      price(fields[`${coin}_price`]),
      percent(fields[`${coin}_change_24h`]),
    ]),
    ['market cap', billions(fields.market_cap), percent(fields.market_cap_change_24h)],
    ['volume 24 h', billions(fields.volume_24h), ''],
  ];
  const table = rows.map(
    ([name, value, change]) => `${name!.padEnd(12)}${value!.padStart(12)}${change!.padStart(10)}`,
  );
  return [...table.map((row) => row.trimEnd()), moods(fields), origin(fields)].join('\n');
}

function moods(fields: Fields): string {
  const dominance = `BTC ${plain(fields.btc_dominance)} %, ETH ${plain(fields.eth_dominance)} %`;
  return `dominance ${dominance} · fear and greed ${plain(fields.fear_greed_index)} · RSI 14 ${plain(fields.btc_rsi_14)}`;
}

function origin(fields: Fields): string {
  return `as of ${plain(fields.timestamp)} from ${plain(fields.source)} (${plain(fields.data_source)})`;
}

/** More digits than these say nothing, and would leave no room for the rest. */
const LARGEST = 1e15;
const LONGEST = 40;

/** Values are what another service wrote: of any type, any length and any depth. */
function plain(value: unknown): string {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'object') return Array.isArray(value) ? '[…]' : '{…}';
  const text = printable(String(value).slice(0, LONGEST + 1));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < LARGEST;
}

function price(value: unknown): string {
  if (!isNumber(value)) return plain(value);
  const digits = value < 10 ? 4 : 2;
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function percent(value: unknown): string {
  if (!isNumber(value)) return plain(value);
  return `${value > 0 ? '+' : ''}${value.toFixed(2)} %`;
}

function billions(value: unknown): string {
  if (!isNumber(value)) return plain(value);
  return `${(value / 1e9).toLocaleString('en-US', { maximumFractionDigits: 1 })} bn`;
}
