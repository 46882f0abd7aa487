"""``report``: the month in one self-contained HTML, for people who never open Dagster."""

import dagster as dg
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import trailing
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import of_snapshot, publish, table_asset
from crm_assets.files import write_text
from crm_assets.months import Snapshot
from crm_assets.report import Texts, build_report
from crm_assets.report.reading import read_report_data
from crm_assets.segmentation.rfm import read_schemes
from crm_assets.warehouse import Session

TABLE = "report"


@table_asset(
    TABLE,
    group="marketing",
    kinds=frozenset({"plotly", "html"}),
    deps=[
        "receipts",
        "rfm_scores",
        "rfm_groups",
        "rfm_thresholds",
        "cluster_assignments",
        "cluster_comparison",
        "segment_profiles",
        "attribute_segments",
        "hybrid_segments",
        "segment_claims",
        "daily_activity",
        "daily_signals",
        "signal_correlations",
        "feature_table",
        "lightgbm_model",
        "model_comparison",
        "feature_importance",
        "new_customer_predictions",
        "prediction_outcomes",
        dg.AssetDep("customer_types", partition_mapping=trailing(2)),  # names of last month's types too
        "segment_migration",
        "segment_retention",
        "customer_moves",
    ],
    condition=on_new_months(),
)
def report(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Bands, types with their profiles, predictions and how good they are. Korean and English; it opens offline.
    The row is the registry of the file."""
    snapshot = settings.snapshot(context.partition_key)
    texts = Texts.read(settings.reference / "texts")
    path = settings.reports / f"{snapshot.month:%Y-%m}.html"
    with warehouse.session() as session:
        _require_tables(session, snapshot)
        data = read_report_data(
            session,
            snapshot,
            settings,
            settings.read_source(),
            settings.read_personas(),
            read_schemes(settings.reference),
        )
        html = build_report(data, texts)
        row = {
            "path": str(path.relative_to(settings.data)),
            "sha256": write_text(path, html),
            "bytes": len(html.encode("utf-8")),
        }
        staged = session.stage_frame(CONTRACTS[TABLE], of_snapshot(pd.DataFrame([row]), snapshot))
        yield from publish(context, session, staged, lambda s: show(s, snapshot, str(path), row))


def _require_tables(session: Session, snapshot: Snapshot) -> None:
    """Dagster may know of a month whose warehouse was moved away: an empty report must not take a good one's place."""
    if not session.scalar("select count(*) from lightgbm_model where month = :month", month=snapshot.month):
        raise dg.Failure(
            f"{session.database} holds no tables of {snapshot.month:%Y-%m}. Run `crm refresh --months "
            f"{snapshot.month:%Y-%m}`: it ends with the report.",
            allow_retries=False,
        )


def show(session: Session, snapshot: Snapshot, path: str, row: dict[str, object]) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "report": dg.MetadataValue.path(path),
        "size_kib": round(int(str(row["bytes"])) / 1024, 1),
        "what it says": table_of(
            session,
            """select segment_name, count(*) as customers from cluster_assignments where month = :month
            group by segment_name order by customers desc, segment_name""",
            month=snapshot.month,
        ),
    }
