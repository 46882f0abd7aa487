"""``rule_retests``: whether last month's rules hold in this month's baskets."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import two_months
from crm_assets.defs.table import table_asset
from crm_assets.merchandising.baskets import Baskets, hit_by_rules, lay_baskets
from crm_assets.merchandising.retests import retested
from crm_assets.warehouse import read_query


@table_asset(deps=[two_months("association_rules"), "raw_transactions", two_months("customer_types")])
def rule_retests(month: Month):
    """Only baskets of the month itself count, which the rules of the month before never saw; where a basket is a
    customer's, that is what it bought in the month. Customers are of the type that they had a month before; those who
    came since are everybody's only. The interval is Wilson's, of baskets. A rule is tested once,
    the month after, if it is among the best `bundle_rules_tested` of its segment."""
    before = month.snapshot.month_before
    of = Baskets(
        unit=month.settings.basket_unit,
        first_month=month.first_day,
        last_month=month.first_day,
        types_month=before,
        articles=month.settings.read_source().articles or "",
    )
    lay_baskets(month.session, of)
    tested = month.settings.bundle_rules_tested
    hit_by_rules(month.session, before, tested)
    counts = month.frame(read_query("rule_counts"), rules_month=before, last_rank=tested)
    staged = month.stage_frame(retested(counts, month.settings.rule_min_baskets))
    yield from month.publish(staged, show)


def show(month: Month) -> Shown:
    return {
        "verdicts": month.as_bars(
            """select verdict, count(*) as rules from rule_retests where month = :month
            group by verdict order by rules desc, verdict""",
            "rules",
        ),
        "by segment": month.as_table(
            """select coalesce(segment_name, segment_id) as segment,
                sum(case when verdict = 'holds' then 1 else 0 end) as holds,
                sum(case when verdict = 'fails' then 1 else 0 end) as fails,
                sum(case when verdict = 'too_few' then 1 else 0 end) as too_few,
                round(avg(confidence_before), 3) as confidence_before, round(avg(confidence), 3) as confidence
            from rule_retests where month = :month group by coalesce(segment_name, segment_id) order by 1"""
        ),
    }
