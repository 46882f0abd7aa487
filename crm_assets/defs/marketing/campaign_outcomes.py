"""``campaign_outcomes``: what customers did in the windows of the campaigns that ended."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset
from crm_assets.marketing.kpis import spend_of_ended_campaigns


@table_asset(
    deps=[
        history("campaigns"),
        history("audiences"),
        history("receipts"),
        history("raw_transactions"),  # wallet payments
        "marketing_responses",
        "calendar",
    ],
)
def campaign_outcomes(month: Month):
    """Of campaigns of earlier months whose window ended in this one: sums of each arm, of everybody and by type. A
    window that reaches beyond the last day delivered has no outcome yet; late receipts bring it."""
    spend_of_ended_campaigns(month.session, month.snapshot)
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    return {
        "arms": month.as_table(
            """select campaign_id, arm, customers, converted, round(cast(spend as double), 0) as spend
            from campaign_outcomes where month = :month and segment_id = 'all' order by campaign_id, arm"""
        ),
    }
