"""``report``: the month in one self-contained HTML, for people who never open Dagster."""

import dagster as dg
import pandas as pd

from crm_assets.defs.making import Month, Refused, Shown
from crm_assets.defs.partitions import history, two_months
from crm_assets.defs.table import table_asset
from crm_assets.files import write_text
from crm_assets.report import Texts, build_report
from crm_assets.report.reading import read_report_data
from crm_assets.segmentation.rfm import read_schemes


@table_asset(
    kinds={"plotly", "html"},
    deps=[
        "association_rules",
        "bundle_proposals",
        "campaign_outcomes",
        history("receipts"),  # those of the customer whose card is shown
        "customer_indices",
        "dormancy_evidence",
        "dormancy_grades",
        "dormancy_model",
        "dormancy_outcomes",
        "lead_columns",
        "lead_lift",
        "lead_model",
        "lead_scores",
        "lifestyle_categories",
        "lifestyle_clusters",
        "lifestyle_differences",
        "mau_effects",
        "offer_matches",
        "offers",
        "products",
        "recommendation_outcomes",
        "recommendations",
        "recommender_choices",
        "recommender_evidence",
        "region_recommendations",
        "response_rates",
        "retention_lists",
        "rule_retests",
        two_months("rfm_scores"),  # the front page compares the month with the one before; likewise the next ones
        two_months("segment_migration"),
        two_months("attribute_segments"),
        two_months("customer_lifecycles"),
        "rfm_groups",
        "rfm_thresholds",
        "cluster_assignments",
        history("cluster_comparison"),  # of the month that fitted the types; likewise the next ones
        history("segment_profiles"),  # how the types have grown
        "hybrid_segments",
        "segment_claims",
        "daily_activity",
        "daily_signals",
        "signal_correlations",
        "customers",
        history("lightgbm_model"),  # by which models later months were predicted
        history("model_comparison"),
        history("feature_importance"),
        "new_customer_predictions",
        "prediction_outcomes",
        history("customer_types"),  # how many had no type; names of last month's types too
        "segment_retention",
        "customer_moves",
        "dormancy_predictions",
        "strategies",
        "strategy_choices",
        "audiences",
        "campaigns",
        "export_checks",
        history("campaign_results"),  # what earlier campaigns did among each type
    ],
)
def report(month: Month):
    """Bands, types with their profiles, predictions and how good they are. Korean and English; it opens offline.
    The row is the registry of the file."""
    texts = Texts.read(month.settings.reference / "texts")
    path = month.settings.reports / f"{month.first_day:%Y-%m}.html"
    _require_tables(month)
    data = read_report_data(
        month.session,
        month.snapshot,
        month.settings,
        month.settings.read_source(),
        month.settings.read_personas(),
        read_schemes(month.settings.reference),
    )
    html = build_report(data, texts)
    row = {
        "path": str(path.relative_to(month.settings.data)),
        "sha256": write_text(path, html),
        "bytes": len(html.encode("utf-8")),
    }
    staged = month.stage_frame(pd.DataFrame([row]))
    yield from month.publish(staged, lambda m: show(m, str(path), row))


def _require_tables(month: Month) -> None:
    """Dagster may know of a month whose warehouse was moved away: an empty report must not take a good one's place."""
    if not month.scalar("select count(*) from lightgbm_model where month = :month"):
        raise Refused(
            f"{month.session.database} holds no tables of {month.first_day:%Y-%m}. Run `crm refresh --months "
            f"{month.first_day:%Y-%m}`: it ends with the report."
        )


def show(month: Month, path: str, row: dict[str, object]) -> Shown:
    return {
        "report": dg.MetadataValue.path(path),
        "size_kib": round(int(str(row["bytes"])) / 1024, 1),
        "what it says": month.as_table(
            """select segment_name, count(*) as customers from cluster_assignments where month = :month
            group by segment_name order by customers desc, segment_name""",
        ),
    }
