"""``first_purchase_features``: the second set of model columns, what the first receipts tell beyond the seed's 31."""

from crm_assets.contracts.feature_sets import model_columns
from crm_assets.coverage import require_covered
from crm_assets.defs.making import Month, Shown, filled
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset


@table_asset(
    deps=[
        "feature_table",
        "customer_lifecycles",
        history("receipts"),
        history("raw_transactions"),
        history("product_days"),
        "calendar",
        "products",
    ]
)
def first_purchase_features(month: Month):
    """The cuts of existing customers as `feature_table` has them, and the whole histories of new ones. A receipt
    without product lines counts; what lines would tell is empty."""
    require_covered(month.session, month.snapshot, "feature_table", "customer_lifecycles")
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    names = model_columns(["first_purchase"])
    half = len(names) // 2
    return {
        "rows by cut-off": month.as_table(
            """select cutoff, count(*) as customers, round(100.0 * count(price_level_mean) / count(*), 1) as priced_pct
            from first_purchase_features where month = :month group by cutoff order by cutoff""",
        ),
        # In two halves: the UI folds up markdown of a thousand characters.
        "model columns": filled(month, names[:half]),
        "model columns, continued": filled(month, names[half:]),
    }
