"""``hybrid_segments``: types crossed with RFM bands, and the small cells that are worth a look."""

import dagster as dg
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import trailing
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot, add_months
from crm_assets.segmentation.hybrids import MAX_P, MIN_DELTA, MIN_H, cell_evidence
from crm_assets.warehouse import Session, read_query

TABLE, EVIDENCE = "hybrid_segments", "hybrid_evidence"
LAST_TWO = trailing(2)  # retention looks from a month ago


@table_asset(
    TABLE,
    group="segmentation",
    kinds=frozenset({"duckdb", "scipy"}),
    deps=[
        dg.AssetDep("cluster_assignments", partition_mapping=LAST_TWO),
        dg.AssetDep("rfm_scores", partition_mapping=LAST_TWO),
        "receipts",
    ],
    condition=on_new_months(),
)
def hybrid_segments(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """One row per cell of type and band. A small cell (at most `hybrid_max_share` of the customers) is valuable in
    revenue when it has `hybrid_revenue_factor` times its share and its spend is above the others' (Cliff's delta of
    0.33 or more), in retention when more of those who were in it a month ago bought in the month (Cohen's h of 0.2 or
    more); adjusted p below 0.05 in both. R, F and M make types and bands, so spend differs by construction."""
    snapshot = settings.snapshot(context.partition_key)
    months = {"month": snapshot.month, "month_before": add_months(snapshot.month, -1)}
    with warehouse.session() as session:
        now, before = (
            session.frame(read_query("hybrid_customers"), month=snapshot.month, of_month=months[name])
            for name in ("month", "month_before")
        )
        _give(session, cell_evidence(now, before, settings.hybrid_min_customers))
        staged = session.stage(
            CONTRACTS[TABLE],
            read_query(TABLE),
            **months,
            as_of=snapshot.as_of,
            max_share=settings.hybrid_max_share,
            revenue_factor=settings.hybrid_revenue_factor,
            max_p=MAX_P,
            min_delta=MIN_DELTA,
            min_h=MIN_H,
        )
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def _give(session: Session, evidence: pd.DataFrame) -> None:
    types = {name: "varchar" if name in ("segment_id", "rfm_band") else "double" for name in evidence}
    rows = evidence.astype(object).where(evidence.notna(), None)
    session.reference(EVIDENCE, types, list(rows.itertuples(index=False, name=None)))


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "small and valuable": table_of(
            session,
            """select segment_name, rfm_band, customers, round(100 * customer_share, 1) as customers_pct,
                round(100 * revenue_share, 1) as revenue_pct, round(effect, 2) as delta, p_adjusted,
                round(100 * retention, 1) as retention_pct, round(retention_effect, 2) as h, small_valuable
            from hybrid_segments where month = :month and small_valuable is not null
            order by revenue desc, segment_id, rfm_band""",
            month=snapshot.month,
        ),
        "cells": table_of(
            session,
            """select segment_name, rfm_band, customers, round(100 * customer_share, 1) as customers_pct,
                round(100 * revenue_share, 1) as revenue_pct, buyers_in_month, retention, small_valuable
            from hybrid_segments where month = :month order by customers desc, segment_id, rfm_band""",
            month=snapshot.month,
        ),
    }
