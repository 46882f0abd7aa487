"""``segment_profiles``: what the types are like."""

from crm_assets.coverage import require_covered
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import window
from crm_assets.defs.table import table_asset
from crm_assets.segmentation.naming import Personas, is_loyal


@table_asset(
    deps=[
        "cluster_assignments",
        "rfm_scores",
        window("receipts"),
        window("raw_transactions"),
        "churn_risk",
        "attribute_segments",
        "calendar",
        "products",
    ]
)
def segment_profiles(month: Month):
    """Sizes, means and distributions per type and for all clustered customers, over the window. What the source does
    not have (gender, age, wallet) has no row. For all customers also: potential loyal customers per loyal one (which
    types are loyal is persona data) and what the conversion of `loyal_conversion_share` of them would bring, reckoned
    as if the converted spent what loyal customers spend: an assumption."""
    personas = month.settings.read_personas()
    require_covered(month.session, month.snapshot, "cluster_assignments", "churn_risk", "attribute_segments")
    month.session.reference("loyal_types", {"segment_id": "varchar"}, _loyal_types(month, personas))
    yield from month.publish(month.stage(), show)


def _loyal_types(month: Month, personas: Personas) -> list[tuple[str]]:
    types = month.rows("select distinct segment_id from cluster_assignments where month = :month order by 1")
    return [(segment_id,) for (segment_id,) in types if is_loyal(segment_id, personas)]


def show(month: Month) -> Shown:
    return {
        "types": month.as_table(
            """select segment_name as type,
                max(case when measure = 'customers' then value end) as customers,
                max(case when measure = 'revenue_share' then round(100 * value, 1) end) as revenue_pct,
                max(case when measure = 'recency_days_mean' then round(value, 1) end) as recency,
                max(case when measure = 'frequency_mean' then round(value, 1) end) as frequency,
                max(case when measure = 'monetary_mean' then round(value, 0) end) as monetary
            from segment_profiles where month = :month group by segment_id, segment_name order by customers desc""",
        ),
        "measures": month.as_table(
            """select measure, unit, count(*) as rows, count(distinct category) as categories
            from segment_profiles where month = :month group by measure, unit order by measure""",
        ),
    }
