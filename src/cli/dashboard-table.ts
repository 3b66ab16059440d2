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

function plain(value: unknown): string {
  return value === undefined || value === null ? '–' : printable(String(value));
}

function price(value: unknown): string {
  if (typeof value !== 'number') return plain(value);
  const digits = value < 10 ? 4 : 2;
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function percent(value: unknown): string {
  if (typeof value !== 'number') return plain(value);
  return `${value > 0 ? '+' : ''}${value.toFixed(2)} %`;
}

function billions(value: unknown): string {
  if (typeof value !== 'number') return plain(value);
  return `${(value / 1e9).toLocaleString('en-US', { maximumFractionDigits: 1 })} bn`;
}
