"""``strategy_choices``: what to do with each type and band."""

from crm_assets.contracts.strategy_choices import NO_BAND, NO_TYPE
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.marketing.quotes import quotes
from crm_assets.warehouse import read_query

_QUOTES = {"strategy_id": "varchar", "segment_id": "varchar", "evidence": "varchar"}


@table_asset(
    deps=["customer_strategies", "customer_types", "rfm_scores", "segment_claims", "segment_profiles", "strategies"]
)
def strategy_choices(month: Month):
    """`customer_strategies` by type and band. A strategy at peak hours carries the three hours in a row in which the
    type has most receipts, of several the earliest. What speaks for a strategy is quoted from the claims of
    `segment_claims` that are allowed, and from no others."""
    month.session.reference("strategy_quotes", _QUOTES, quotes(month.rows(read_query("strategy_claims"))))
    yield from month.publish(month.stage(no_type=NO_TYPE, no_band=NO_BAND), show)


def show(month: Month) -> Shown:
    return {
        "types and bands": month.scalar(
            """select count(*) from (
                select distinct segment_id, rfm_band from strategy_choices where month = :month
            ) as cells"""
        ),
        "first strategy of each": month.as_table(
            """select c.segment_id, c.rfm_band, s.title_ko, c.customers, c.of_customers, c.peak_hour_from
            from strategy_choices c
            join strategies s on s.month = c.month and s.strategy_id = c.strategy_id
            where c.month = :month and c.rank = 1 order by c.segment_id, c.rfm_band"""
        ),
        "peak hours": month.as_table(
            """select segment_id, peak_hour_from, peak_hour_to, round(100 * peak_share, 1) as receipts_pct
            from strategy_choices where month = :month and peak_hour_from is not null
            group by segment_id, peak_hour_from, peak_hour_to, peak_share order by segment_id"""
        ),
    }
