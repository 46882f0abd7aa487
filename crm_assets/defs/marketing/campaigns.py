"""``campaigns``: the manifest of the month's campaigns, and their files."""

import pandas as pd

from crm_assets.charts import Texts
from crm_assets.contracts.base import columns
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset
from crm_assets.marketing.audience_folder import new_folder, withdraw
from crm_assets.marketing.audience_rows import prepare
from crm_assets.marketing.campaigns import campaigns_of, write_lists, write_manifest
from crm_assets.marketing.export_checks import stopped
from crm_assets.marketing.kept_lists import are_kept, kept_rows
from crm_assets.marketing.lead_list import write_lead_list
from crm_assets.marketing.wording import Wording, wording_of
from crm_assets.segmentation.rfm import read_schemes


@table_asset(
    deps=[
        "attribute_segments",
        "audiences",
        "calendar",
        "customer_strategies",
        "customer_types",
        "customers",
        "dormancy_predictions",
        "export_checks",
        "lead_scores",
        "lifestyle_assignments",
        "offer_matches",
        "offers",
        "products",
        history("raw_transactions"),
        history("receipts"),
        "retention_lists",
        "rfm_scores",
        "strategies",
    ],
    kinds={"duckdb", "csv"},
)
def campaigns(month: Month):
    """One row per campaign: whom it is for, how many are addressed, held out or left out and why, and what difference
    it could show. Its files are in `data/audiences/<month>`: `<strategy>.csv` is sent, `<strategy>.holdout.csv` is not,
    `manifest.csv` counts them; UTF-8 with BOM, no cell that a spreadsheet would compute. Where they change, those that
    were there are kept in `data/audiences/superseded`."""
    session, snapshot, settings = month.session, month.snapshot, month.settings
    if are_kept(session, snapshot, settings, month.name, "export_checks"):
        yield from month.publish(month.stage(kept_rows(month.name)), lambda m: show(m, "kept as they were sent"))
        return
    folder = settings.audiences / f"{month.first_day:%Y-%m}"
    made = [] if stopped(session, snapshot) else campaigns_of(session, snapshot, settings)
    leads = session.scalar("select count(*) from lead_scores where month = :month and within_capacity", **month.days)
    if made or leads:
        wording = _wording(month)
        prepare(session, **month.parameters)
        with new_folder(folder) as beside:
            made = write_lists(session, snapshot, made, beside, folder.relative_to(settings.data), wording)
            write_manifest(beside, made, snapshot, wording)
            write_lead_list(session, snapshot, beside, wording.words)
    else:
        withdraw(folder)
    wanted = [c.name for c in columns(month.contract) if c.name not in ("month", "as_of")]
    frame = pd.DataFrame([{name: row[name] for name in wanted} for row in made], columns=wanted)
    yield from month.publish(month.stage_frame(frame), lambda m: show(m, str(folder)))


def _wording(month: Month) -> Wording:
    settings = month.settings
    return wording_of(
        month.session,
        month.snapshot,
        Texts.read(settings.reference / "texts"),
        settings.language,
        settings.read_source(),
        settings.read_personas(),
        read_schemes(settings.reference),
    )


def show(month: Month, folder: str) -> Shown:
    return {
        "folder": folder,
        "manifest": month.as_table(
            """select campaign_id, kpi, treatment, control, in_other_campaigns, without_consent, consent_unknown,
                round(converted_before, 3) as converted_before, round(detectable, 3) as detectable,
                round(spend_before, 2) as spend_before, round(detectable_spend, 2) as detectable_spend,
                cast(ends_on as varchar) as ends_on
            from campaigns where month = :month order by treatment desc, campaign_id"""
        ),
    }
