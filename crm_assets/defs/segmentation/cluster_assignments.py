"""``cluster_assignments``: the type of every existing customer, by K-means on R, F and M."""

import dagster as dg
import pandas as pd

from crm_assets import pictures
from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import HISTORY
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.segmentation.registry import earlier_model
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import Rows, month_rows, of_snapshot, publish, table_asset
from crm_assets.files import write_by_content
from crm_assets.months import Snapshot, add_months
from crm_assets.segmentation.types_of_month import TypesOfMonth, types_of_month
from crm_assets.warehouse import Session, read_query

TABLE = "cluster_assignments"


@table_asset(
    TABLE,
    group="segmentation",
    kinds=frozenset({"duckdb", "scikitlearn"}),
    deps=["rfm_scores", dg.AssetDep("receipts", partition_mapping=HISTORY)],
    condition=on_new_months(),
)
def cluster_assignments(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Existing customers: more than `new_customer_max_receipts` receipts since the start of history, one of them in the
    window. The model of the month before is used until the population drifts; a refit keeps the ids and names of the
    types. Written with it: `cluster_models`, the registry, and the figures in `model_metrics`."""
    snapshot, personas = settings.snapshot(context.partition_key), settings.read_personas()
    with warehouse.session() as session:
        customers = session.frame(
            read_query("cluster_population"),
            month=snapshot.month,
            new_customer_max_receipts=settings.new_customer_max_receipts,
            everybody=int(settings.cluster_population == "all"),
        )
        types = types_of_month(
            customers,
            earlier_model(session, snapshot.month, settings),
            settings,
            personas,
            str(snapshot.as_of),
            _month_before(session, snapshot),
        )
        rows = of_snapshot(types.assignments, snapshot)
        rows["fitted_as_of"] = pd.Timestamp(types.model.fitted_as_of) if types.model else pd.NaT
        staged = session.stage_frame(CONTRACTS[TABLE], rows)
        also = [_registry(session, snapshot, settings, types), _metrics(session, snapshot, types)]
        yield from publish(context, session, staged, lambda s: show(s, snapshot, types), also=also)


def _month_before(session: Session, snapshot: Snapshot) -> pd.DataFrame:
    return session.frame(
        "select customer_id, segment_id from cluster_assignments where month = :before order by customer_id",
        before=add_months(snapshot.month, -1),
    )


def _registry(session: Session, snapshot: Snapshot, settings: SettingsResource, types: TypesOfMonth) -> Rows:
    rows = []
    if types.model is not None:
        # Written before the registry names it: a killed run leaves a file that nobody reads.
        path, sha256 = write_by_content(
            settings.models / "clusters", types.model.fitted_as_of[:7], ".json", types.model.to_json()
        )
        rows.append(
            {
                "fitted_as_of": types.model.fitted_as_of,
                "k": types.model.k,
                "scaling": types.model.scaling,
                "reason": f"{types.reason}. {types.model.k_reason}" if types.is_new else types.reason,
                "drift_psi": types.drift_psi,
                "customers": len(types.assignments),
                "silhouette": types.assignments["silhouette"].mean(),
                "path": str(path.relative_to(settings.data)),
                "sha256": sha256,
            }
        )
    return month_rows(session, "cluster_models", snapshot, rows)


def _metrics(session: Session, snapshot: Snapshot, types: TypesOfMonth) -> Rows:
    return month_rows(session, "model_metrics", snapshot, types.metrics, "model = 'clusters'")


def show(session: Session, snapshot: Snapshot, types: TypesOfMonth) -> dict[str, object]:
    if types.model is None:
        return {"as_of": str(snapshot.as_of), "customers": 0, "types": types.reason}
    sizes = types.assignments.groupby("segment_name").size().sort_values(ascending=False)
    bars = [(str(name), float(size)) for name, size in sizes.items()]
    return {
        "as_of": str(snapshot.as_of),
        "customers": len(types.assignments),
        "K": types.model.k,
        "silhouette": round(float(types.assignments["silhouette"].mean()), 3),
        "model": f"fitted as of {types.model.fitted_as_of}; {types.reason}; {types.model.k_reason}",
        "types": dg.MetadataValue.md(pictures.bars(bars, unit="customers", total=float(len(types.assignments)))),
        "centres": table_of(
            session,
            """select c.segment_name, count(*) as customers,
                round(cast(sum(s.recency_days) as double) / count(*), 1) as recency_days,
                round(cast(sum(s.frequency) as double) / count(*), 1) as frequency,
                round(cast(sum(s.monetary) as double) / count(*), 0) as monetary
            from cluster_assignments c join rfm_scores s on s.customer_id = c.customer_id and s.month = c.month
            where c.month = :month group by c.segment_name order by customers desc""",
            month=snapshot.month,
        ),
        "elbow and silhouette": dg.MetadataValue.md(
            pictures.table(pd.DataFrame(types.model.k_scan).drop(columns="types").round(3))
        ),
    }
