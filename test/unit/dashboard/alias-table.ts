/** The data contract, written out a second time so that a slip in the sources shows. */
const text = `
btc_price: btc_price, btc_price_usd, btc, bitcoin
btc_change_24h: btc_change_24h, btc_24h_change, bitcoin_change_24h
btc_rsi_14: btc_rsi_14, rsi_14, btc_rsi, rsi
eth_price: eth_price, eth_price_usd, eth, ethereum
eth_change_24h: eth_change_24h, eth_24h_change, ethereum_change_24h
sol_price: sol_price, sol_price_usd, sol, solana
sol_change_24h: sol_change_24h, sol_24h_change, solana_change_24h
xrp_price: xrp_price, xrp_price_usd, xrp
xrp_change_24h: xrp_change_24h, xrp_24h_change
ada_price: ada_price, ada_price_usd, ada, cardano
ada_change_24h: ada_change_24h, ada_24h_change, cardano_change_24h
link_price: link_price, link_price_usd, link, chainlink
link_change_24h: link_change_24h, link_24h_change, chainlink_change_24h
bnb_price: bnb_price, bnb_price_usd, bnb, binance_coin
bnb_change_24h: bnb_change_24h, bnb_24h_change
market_cap: market_cap, market_cap_usd, total_market_cap
volume_24h: volume_24h, volume_24h_usd, total_volume_24h
market_cap_change_24h: market_cap_change_percentage_24h_usd, market_cap_change_24h, total_market_cap_change_24h
btc_dominance: btc_dominance, btc_market_cap_percentage, bitcoin_dominance
eth_dominance: eth_dominance, eth_market_cap_percentage, ethereum_dominance
fear_greed_index: fear_greed_index, fng_value, fear_and_greed_index
timestamp: timestamp, last_updated, updated_at
source: source, data_source, normalized_by
data_sources: data_sources
partial_failure: partial_failure
fetch_duration_ms: fetch_duration_ms`;

export interface AliasRow {
  readonly field: string;
  /** In the order in which they are looked for. */
  readonly aliases: readonly string[];
}

export const aliasTable: readonly AliasRow[] = text
  .trim()
  .split('\n')
  .map((line) => {
    const [field, aliases] = line.split(': ') as [string, string];
    return { field, aliases: aliases.split(', ') };
  });
