"""``lifestyle_clusters``: how large the lifestyles are, what they spend, and which lie near each other."""

from crm_assets.coverage import require_covered
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset


@table_asset(deps=["lifestyle_assignments", "category_spend", "payment_habits"])
def lifestyle_clusters(month: Month):
    """Ranked by size and by spend. The nearest lifestyle is the one whose members' mean pattern, of roots of shares,
    lies nearest."""
    require_covered(month.session, month.snapshot, "lifestyle_assignments", "category_spend")
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    return {
        "lifestyles": month.as_table(
            """select c.lifestyle_name as lifestyle, c.customers, round(100 * c.share, 1) as share_pct, c.rank_by_size,
                c.rank_by_spend, round(c.mean_spend, 0) as mean_spend,
                round(100 * c.low_value_share, 1) as low_value_pct,
                round(100 * c.not_present_share, 1) as not_present_pct, n.lifestyle_name as nearest,
                round(c.nearest_distance, 3) as distance
            from lifestyle_clusters c
            left join lifestyle_clusters n on n.month = c.month and n.lifestyle_id = c.nearest_id
            where c.month = :month order by c.rank_by_size"""
        )
    }
