"""``lifestyle_differences``: what is in one lifestyle and not in another."""

from crm_assets.coverage import require_covered
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset


@table_asset(deps=["lifestyle_assignments", "category_spend"])
def lifestyle_differences(month: Month):
    """A category is in A and not in B when at least `lifestyle_difference_share` of A's members have it, and their
    share is above B's by a Cohen's h of `lifestyle_difference_effect` and by three standard errors of it."""
    require_covered(month.session, month.snapshot, "lifestyle_assignments", "category_spend")
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    return {
        "largest differences": month.as_table(
            """select lifestyle_id as "in", other_id as not_in, category, round(100 * in_share, 1) as in_pct,
                round(100 * other_share, 1) as other_pct
            from lifestyle_differences where month = :month and in_not_other
            order by effect desc, lifestyle_id, other_id, category"""
        )
    }
