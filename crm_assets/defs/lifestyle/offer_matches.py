"""``offer_matches``: which card or offer fits a customer, and a lifestyle."""

import dagster as dg

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.lifestyle.spend import months_known
from crm_assets.warehouse import read_query

KNOWN = "targets_known"


@table_asset(
    deps=["offers", "category_spend", "lifestyle_assignments", "rfm_scores", "customers", "payment_habits"],
    checks=[KNOWN],
    also=["offer_match_parts", "lifestyle_offers"],
)
def offer_matches(month: Month):
    """Expected benefit of a month = Σ over the benefits min(rate × spend + per_receipt × receipts, cap), at most the
    offer's cap, less the annual fee ÷ 12; spend and receipts are monthly means of `category_spend`, over
    the part of its months that history covers. Nothing below the
    offer's minimum spend, and nothing for customers whom it is not meant for (`offer_targets`). The best
    `offers_per_customer` with a benefit above 0, ties by id. The sum is worked out in `offer_match_parts`;
    `lifestyle_offers` has the mean per lifestyle."""
    known = months_known(month.snapshot, month.settings.lifestyle_months)
    month.execute(f"create or replace temp table offer_traits as {read_query('offer_traits')}")
    yield from month.gate(targets_known(month))
    month.execute(f"create or replace temp table offer_parts as {read_query('offer_worked_parts')}", months_known=known)
    month.execute(f"create or replace temp table offer_sums as {read_query('offer_worked_sums')}", months_known=known)
    staged = month.stage()
    also = [month.also_query("offer_match_parts"), month.also_query("lifestyle_offers")]
    yield from month.publish(staged, show, also=also)


def targets_known(month: Month) -> dg.AssetCheckResult:
    """Values that nobody has may be misspelt: they are named, and the offer is for nobody by them."""
    nobody = month.rows(
        """select distinct t.attribute, t.value
        from offer_targets t left join offer_traits x on x.attribute = t.attribute and x.value = t.value
        where t.month = :month and t.attribute not in ('spend', 'habits') and x.value is null
        order by t.attribute, t.value"""
    )
    return dg.AssetCheckResult(
        check_name=KNOWN,
        passed=not nobody,
        severity=dg.AssetCheckSeverity.WARN,
        description="No customer has these values that offers are meant for; are they misspelt?" if nobody else None,
        metadata={"values of nobody": ", ".join(f"{a}: {v}" for a, v in nobody) or "none"},
    )


def show(month: Month) -> Shown:
    active, matched = month.rows(
        """select
            (select count(distinct customer_id) from category_spend where month = :month),
            (select count(distinct customer_id) from offer_matches where month = :month)"""
    )[0]
    return {
        "active customers": int(active),
        "with an offer": int(matched),
        "without a benefit from any": int(active) - int(matched),
        "best offers": month.as_table(
            """select offer_id, count(*) as customers, round(avg(net_benefit), 0) as mean_benefit
            from offer_matches where month = :month and rank = 1 group by offer_id order by customers desc, offer_id"""
        ),
    }
