"""``export_checks``: whether lists of the month's customers may go out."""

import dagster as dg
import pandas as pd

from crm_assets.contracts.export_checks import CHECKS
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import two_months
from crm_assets.defs.table import table_asset
from crm_assets.marketing.export_checks import export_checks as checked


@table_asset(
    deps=[
        two_months("cluster_assignments"),
        two_months("rfm_scores"),
        two_months("receipts"),
        "new_customer_predictions",
    ],
    kinds={"duckdb"},
    checks=CHECKS,
)
def export_checks(month: Month):
    """Population stability indices against the month before. A failed check stops the month's `audiences` and
    `campaigns`; tables and report are made, and the report says why there are no lists."""
    rows = checked(month.session, month.snapshot, month.settings)
    for row in rows:
        yield from month.noted(_check(row))
    yield from month.publish(month.stage_frame(pd.DataFrame(rows)), show)


def _check(row: dict[str, object]) -> dg.AssetCheckResult:
    passed, measured = bool(row["passed"]), row["what"] is not None
    if not measured:
        return dg.AssetCheckResult(check_name=str(row["name"]), passed=passed)
    psi = float(str(row["psi"]))
    why = (
        f"{row['what']}, PSI {psi:.2f}: no lists are written. Check what the source delivered. If it is right, raise "
        "CRM_EXPORT_DRIFT_PSI (CRM_SCORING_DRIFT_PSI for scoring) and make the month again."
    )
    return dg.AssetCheckResult(
        check_name=str(row["name"]),
        passed=passed,
        description=None if passed else why,
        metadata={"psi": round(psi, 3), **({"moved most": str(row["what"])} if passed else {})},
    )


def show(month: Month) -> Shown:
    return {
        "checks": month.as_table(
            """select name, passed, round(psi, 3) as psi, threshold, what from export_checks where month = :month
            order by name"""
        ),
    }
