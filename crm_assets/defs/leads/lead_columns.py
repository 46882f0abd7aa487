"""``lead_columns``: what was done with each column of the leads."""

import dagster as dg
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.leads.column_report import column_report
from crm_assets.leads.known import any_lead, leads_of_month
from crm_assets.leads.leaks import suspicious_words

LEAKS = "leaks"


@table_asset(deps=["leads"], kinds={"python", "duckdb"}, checks=[LEAKS])
def lead_columns(month: Month):
    """The cleaning of the leads that had come in by as_of, column by column: dropped above `lead_missing_share` of
    missing values or where all have one, rare values below `lead_rare_share` merged, and what seems to know the outcome
    left out: declared in `data/reference/leads`, or suspected by what it tells of known outcomes, alone or with its
    name. Rates that were delivered are reckoned anew by the model, out of fold."""
    settings = month.settings
    rows = pd.DataFrame(columns=[c.name for c in columns(CONTRACTS[month.name]) if c.name not in ("month", "as_of")])
    if any_lead(month.session, month.as_of):
        of = leads_of_month(month.session, month.as_of, settings)
        words = suspicious_words(settings.reference)
        rows = column_report(of, words, leave_out=settings.lead_suspicion == "leave_out", seed=settings.seed)
    yield from month.gate(leaks(rows))
    yield from month.publish(month.stage_frame(rows), show)


def leaks(rows: pd.DataFrame) -> dg.AssetCheckResult:
    """Names the columns that seem to know the outcome. Those on which the reference data has not decided warn."""
    named = {kind: rows[rows["leak"] == kind] for kind in ("suspected", "declared", "id", "allowed")}
    told = {
        kind: "; ".join(f"{name}: {why}" for name, why in found[["attribute", "leak_reason"]].to_numpy())
        for kind, found in named.items()
    }
    suspected = list(named["suspected"]["attribute"])
    return dg.AssetCheckResult(
        check_name=LEAKS,
        passed=not suspected,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{len(suspected)} columns seem to know the outcome ({', '.join(suspected)}): declare them "
        "after_contact, or allow them, in data/reference/leads."
        if suspected
        else None,
        metadata={kind: why for kind, why in told.items() if why},
    )


def show(month: Month) -> Shown:
    return {
        "what was done": month.as_bars(
            """select done, count(*) as columns from lead_columns where month = :month
            group by done order by columns desc, done""",
            "columns",
        ),
        "columns": month.as_table(
            """select attribute, done, round(100 * filled_share, 1) as filled_pct, merged_values as merged, auc, leak
            from lead_columns where month = :month order by auc desc nulls last, attribute limit 15"""
        ),
    }
