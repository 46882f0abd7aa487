"""``bundle_proposals``: what to sell together, and what to offer to whom."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import window
from crm_assets.defs.table import table_asset
from crm_assets.merchandising.baskets import Baskets, hit_by_rules, lay_baskets
from crm_assets.merchandising.bundles import RULE, proposals
from crm_assets.warehouse import read_query


@table_asset(deps=["association_rules", "rule_retests", window("raw_transactions"), "customer_types"])
def bundle_proposals(month: Month):
    """From the rules of the month, the best `bundle_rules_tested` of every segment: those whose lift is no chance, by
    Fisher's exact test and by one that takes customers for the units, both after Benjamini–Hochberg over all rules that
    the month was asked for, kept or not (`rules_asked`). Rules of one set of products are one proposal, by the best of
    them. Expected baskets are an assumption (`promotion_response_share`), not a forecast: what a campaign brings is
    measured with a hold-out group."""
    settings = month.settings
    of = Baskets(
        unit=settings.basket_unit,
        first_month=month.snapshot.window_start,
        last_month=month.first_day,
        types_month=month.first_day,
        articles=settings.read_source().articles or "",
    )
    lay_baskets(month.session, of)
    hit_by_rules(month.session, month.first_day, settings.bundle_rules_tested)
    looked_at = {"rules_month": month.first_day, "last_rank": settings.bundle_rules_tested}
    customers = month.frame(read_query("rule_customers"))
    audiences = month.frame(read_query("rule_audiences"), **looked_at)
    rules = month.frame("select * from association_rules where month = :month order by segment_id, rank")
    retests = month.frame("select * from rule_retests where month = :month order by segment_id, rank")
    evidence = customers.merge(audiences, on=RULE, how="left", validate="one_to_one").sort_values(RULE)
    found = proposals(rules, evidence, retests, settings.promotion_response_share, settings.bundles_per_segment)
    if found.empty and len(rules):
        month.tell(f"none of {len(rules):,} rules is a proposal")
    yield from month.publish(month.stage_frame(found), show)


def show(month: Month) -> Shown:
    return {
        "proposals": month.as_bars(
            """select coalesce(segment_name, segment_id), count(*) from bundle_proposals where month = :month
            group by coalesce(segment_name, segment_id) order by 2 desc, 1""",
            "proposals",
        ),
        "best of each segment": month.as_table(
            """select coalesce(segment_name, segment_id) as segment, kind,
                antecedent_names || ' → ' || consequent_names as products, lift, lift_low, lift_high, p_adjusted,
                retest, customers_to_address as to_address, round(expected_baskets, 1) as expected_baskets
            from bundle_proposals where month = :month and rank <= 2 order by segment_id, rank"""
        ),
    }
