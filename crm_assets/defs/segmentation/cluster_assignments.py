"""``cluster_assignments``: the type of every existing customer, by K-means on R, F and M."""

import dagster as dg
import pandas as pd

from crm_assets import pictures
from crm_assets.contracts.model_metrics import own_rows
from crm_assets.coverage import require_covered
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.segmentation.registry import REGISTRY
from crm_assets.segmentation.types_of_month import TypesOfMonth, types_of_month
from crm_assets.warehouse import read_query

_MONTH_BEFORE = """select customer_id, segment_id from cluster_assignments where month = :month_before
    order by customer_id"""


@table_asset(
    kinds={"duckdb", "scikitlearn"},
    deps=["rfm_scores", "customer_lifecycles"],
    builds_on_month_before=True,
    also=["cluster_models", "model_metrics"],
)
def cluster_assignments(month: Month):
    """Existing customers: more than `new_customer_max_receipts` receipts since the start of history, one of them in the
    window. The model of the month before is used until the population drifts; a refit keeps the ids and names of the
    types. Written with it: `cluster_models`, the registry, and the figures in `model_metrics`."""
    session, settings = month.session, month.settings
    require_covered(session, month.snapshot, "rfm_scores", "customer_lifecycles")
    types = types_of_month(
        month.frame(read_query("cluster_population")),
        REGISTRY.before(session, month.first_day, settings),
        settings,
        settings.read_personas(),
        str(month.as_of),
        month.frame(_MONTH_BEFORE),
    )
    rows = types.assignments.assign(fitted_as_of=pd.Timestamp(types.model.fitted_as_of) if types.model else pd.NaT)
    named = (
        []
        if types.model is None
        else [types.registry_row() | REGISTRY.write(types.model.fitted_as_of, types.model.to_json(), settings)]
    )
    also = [
        month.also("cluster_models", named),
        month.also("model_metrics", types.metrics, own_rows(month.name)),
    ]
    yield from month.publish(month.stage_frame(rows), lambda m: show(m, types), also=also)


def show(month: Month, types: TypesOfMonth) -> Shown:
    if types.model is None:
        return {"customers": 0, "types": types.reason}
    sizes = types.assignments.groupby("segment_name").size().sort_values(ascending=False)
    bars = [(str(name), float(size)) for name, size in sizes.items()]
    return {
        "customers": len(types.assignments),
        "K": types.model.k,
        "silhouette": round(float(types.assignments["silhouette"].mean()), 3),
        "model": f"fitted as of {types.model.fitted_as_of}; {types.reason}; {types.model.k_reason}",
        "types": dg.MetadataValue.md(pictures.bars(bars, unit="customers", total=float(len(types.assignments)))),
        "centres": month.as_table(
            """select c.segment_name, count(*) as customers,
                round(cast(sum(s.recency_days) as double) / count(*), 1) as recency_days,
                round(cast(sum(s.frequency) as double) / count(*), 1) as frequency,
                round(cast(sum(s.monetary) as double) / count(*), 0) as monetary
            from cluster_assignments c join rfm_scores s on s.customer_id = c.customer_id and s.month = c.month
            where c.month = :month group by c.segment_name order by customers desc""",
        ),
        "elbow and silhouette": dg.MetadataValue.md(
            pictures.table(pd.DataFrame(types.model.k_scan).drop(columns="types").round(3))
        ),
    }
