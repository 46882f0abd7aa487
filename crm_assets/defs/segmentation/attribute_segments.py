"""``attribute_segments``: who the customers of the window are."""

from crm_assets.coverage import require_covered
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import window
from crm_assets.defs.table import table_asset
from crm_assets.segmentation.attributes import kinds, query, read_dimensions
from crm_assets.warehouse import read_query


@table_asset(
    deps=[
        "rfm_scores",
        "churn_risk",
        "customer_lifecycles",
        window("receipts"),
        window("raw_transactions"),
        "customers",
        "products",
    ],
    also=["attribute_sizes"],
)
def attribute_segments(month: Month):
    """One row per customer of the window; the rules are data/reference/attributes.yaml. Interest category (largest
    lift over the population), loyalty and purchasing power (tertiles) are of existing customers; a new customer's are
    null. Written with it: `attribute_sizes`, one row per segment."""
    dimensions = read_dimensions(month.settings.reference)
    require_covered(month.session, month.snapshot, "rfm_scores", "churn_risk", "customer_lifecycles")
    staged = month.stage(query(read_query(month.name), dimensions))
    month.session.reference("attribute_dimensions", {"dimension": "varchar", "kind": "varchar"}, kinds(dimensions))
    yield from month.publish(staged, show, also=[month.also_query("attribute_sizes")])


def show(month: Month) -> Shown:
    return {
        "largest segments": month.as_table(
            """select dimension, category, customers, round(100 * customer_share, 1) as customers_pct,
                round(100 * revenue_share, 1) as revenue_pct
            from (
                select *, row_number() over (partition by dimension order by customers desc, category) as place
                from attribute_sizes where month = :month
            ) s
            where place <= 2 order by dimension, place""",
        ),
    }
