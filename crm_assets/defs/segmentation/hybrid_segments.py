"""``hybrid_segments``: types crossed with RFM bands, and the small cells that are worth a look."""

import pandas as pd

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import two_months
from crm_assets.defs.table import table_asset
from crm_assets.segmentation.hybrids import MAX_P, MIN_DELTA, MIN_H, cell_evidence
from crm_assets.warehouse import Session, read_query


@table_asset(
    kinds={"duckdb", "scipy"},
    deps=[
        two_months("cluster_assignments"),
        two_months("rfm_scores"),  # retention looks from a month ago
        "receipts",
    ],
)
def hybrid_segments(month: Month):
    """One row per cell of type and band. A small cell (at most `hybrid_max_share` of the customers) is valuable in
    revenue when it has `hybrid_revenue_factor` times its share and its spend is above the others' (Cliff's delta of
    0.33 or more), in retention when more of those who were in it a month ago bought in the month (Cohen's h of 0.2 or
    more); adjusted p below 0.05 in both. R, F and M make types and bands, so spend differs by construction."""
    now, before = (
        month.frame(read_query("hybrid_customers"), of_month=of_month)
        for of_month in (month.first_day, month.snapshot.month_before)
    )
    _refer(month.session, cell_evidence(now, before, month.settings.hybrid_min_customers))
    yield from month.publish(month.stage(max_p=MAX_P, min_delta=MIN_DELTA, min_h=MIN_H), show)


def _refer(session: Session, evidence: pd.DataFrame) -> None:
    """The reference table of the query."""
    types = {name: "varchar" if name in ("segment_id", "rfm_band") else "double" for name in evidence}
    rows = evidence.astype(object).where(evidence.notna(), None)
    session.reference("hybrid_evidence", types, list(rows.itertuples(index=False, name=None)))


def show(month: Month) -> Shown:
    return {
        "small and valuable": month.as_table(
            """select segment_name, rfm_band, customers, round(100 * customer_share, 1) as customers_pct,
                round(100 * revenue_share, 1) as revenue_pct, round(effect, 2) as delta, p_adjusted,
                round(100 * retention, 1) as retention_pct, round(retention_effect, 2) as h, small_valuable
            from hybrid_segments where month = :month and small_valuable is not null
            order by revenue desc, segment_id, rfm_band""",
        ),
        "cells": month.as_table(
            """select segment_name, rfm_band, customers, round(100 * customer_share, 1) as customers_pct,
                round(100 * revenue_share, 1) as revenue_pct, buyers_in_month, retention, small_valuable
            from hybrid_segments where month = :month order by customers desc, segment_id, rfm_band""",
        ),
    }
