"""``campaign_results``: what the campaigns that ended in the month did, against those held out."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.marketing.results import ALL, BROKEN, read_outcomes
from crm_assets.marketing.results import campaign_results as judged


@table_asset(deps=["campaign_outcomes"], kinds={"scipy", "duckdb"})
def campaign_results(month: Month):
    """Difference of treated and held out with its 95 % interval: share who did what the kpi asks for, spend per
    customer (Welch, zeros included), and spend adjusted by the spend before (CUPED). Benjamini–Hochberg across types,
    and across the month's campaigns; a sample ratio mismatch or a message to those held out voids a campaign."""
    yield from month.publish(month.stage_frame(judged(read_outcomes(month.session, month.first_day))), show)
    broken = month.rows(
        "select distinct campaign_id from campaign_results where month = :month and verdict = :broken order by 1",
        broken=BROKEN,
    )
    for (campaign,) in broken:
        month.tell(
            f"{campaign} is broken: its arms' sizes are not those planned, or customers held out were told. Nothing is "
            "claimed of it; see srm_p, and told of campaign_outcomes."
        )


def show(month: Month) -> Shown:
    return {
        "results": month.as_table(
            """select campaign_id, metric, treatment, control, round(treatment_mean, 4) as treatment_mean,
                round(control_mean, 4) as control_mean, round(difference, 4) as difference,
                round(difference_low, 4) as low, round(difference_high, 4) as high,
                round(p_adjusted, 4) as p_adjusted, round(srm_p, 4) as srm_p, verdict
            from campaign_results where month = :month and segment_id = :everybody
            order by campaign_id, metric""",
            everybody=ALL,
        ),
        "verdicts by type": month.as_table(
            """select metric, verdict, count(*) as n from campaign_results
            where month = :month and segment_id <> :everybody
            group by metric, verdict order by metric, n desc, verdict""",
            everybody=ALL,
        ),
    }
