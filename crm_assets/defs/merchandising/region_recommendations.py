"""``region_recommendations``: what a region is recommended, and what is its own."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.merchandising.regions import ranked
from crm_assets.warehouse import read_query


@table_asset(deps=["recommendations", "customers", "products"], kinds={"scipy", "duckdb"})
def region_recommendations(month: Month):
    """The ten articles recommended to most customers of each region. `is_own` marks those recommended to more of them
    than of other regions, by a test corrected over all pairs of region and article."""
    yield from month.publish(month.stage_frame(ranked(month.frame(read_query(month.name)))), show)


def show(month: Month) -> Shown:
    regions, own = month.rows(
        """select count(distinct region), coalesce(sum(case when is_own then 1 else 0 end), 0)
        from region_recommendations where month = :month"""
    )[0]
    return {
        "regions": int(regions),
        "articles of a region’s own": int(own),
        "first of each region": month.as_table(
            """select r.region, r.product_id, coalesce(p.name, '') as name, round(100 * r.share, 1) as share_pct,
                round(100 * r.other_share, 1) as others_pct, r.is_own
            from region_recommendations r left join products p on p.product_id = r.product_id
            where r.month = :month and r.rank = 1 order by r.region"""
        ),
    }
