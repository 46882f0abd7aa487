"""``audiences``: who is in which campaign, and who is held out."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.marketing.export_checks import stopped
from crm_assets.marketing.hold_outs import holdout_below
from crm_assets.marketing.kept_lists import are_kept, kept_rows


@table_asset(
    deps=[
        "bundle_proposals",
        "calendar",
        "customer_strategies",
        "export_checks",
        "offer_matches",
        "recommendations",
        "response_rates",
        "strategies",
        "strategy_choices",
    ],
)
def audiences(month: Month):
    """One row per campaign and customer: at most `campaigns_per_customer` campaigns of different goals each, nobody who
    refused messages. The share `holdout_share` of every campaign is the control, by a hash of campaign and customer.
    Of a month that a later one follows the lists have been sent: they stay as they are, unless `lists_anew`."""
    if are_kept(month.session, month.snapshot, month.settings, month.name, "export_checks"):
        staged = month.stage(kept_rows(month.name))
    elif stopped(month.session, month.snapshot):
        month.tell("a check of export_checks failed, so the month has no lists.")
        staged = month.stage_frames(())
    else:
        staged = month.stage(holdout_below=holdout_below(month.settings.holdout_share))
    yield from month.publish(staged, show)


def show(month: Month) -> Shown:
    return {
        "campaigns": month.as_table(
            """select campaign_id, count(*) as customers, sum(case when arm = 'control' then 1 else 0 end) as held_out,
                round(avg(case when arm = 'control' then 1.0 else 0.0 end), 3) as held_out_share
            from audiences where month = :month group by campaign_id order by customers desc, campaign_id"""
        ),
        "campaigns per customer": month.as_table(
            """select campaigns, count(*) as customers from (
                select customer_id, count(*) as campaigns from audiences where month = :month group by customer_id
            ) each group by campaigns order by campaigns"""
        ),
    }
