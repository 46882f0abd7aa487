"""``strategies``: the catalogue of what to do with whom."""

import dagster as dg
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.making import Month, Refused, Rows, Shown
from crm_assets.defs.table import table_asset
from crm_assets.marketing.catalogue import Strategy, condition_rows, evidence_rows, read_strategies, strategy_rows
from crm_assets.marketing.kept_lists import are_kept, kept_rows
from crm_assets.reference_files import CatalogueError

KNOWN = "values_known"
# The shop's own values, which the file cannot know. Where nobody has a trait, the shop does not tell it.
_NAMED = """select trait, value from (
        select distinct 'age_band' as trait, age_band as value from customers
        union all
        select distinct 'lifestyle_id', lifestyle_id from lifestyle_assignments where month = :month
    ) as found where value is not null"""


@table_asset(
    deps=["customers", "lifestyle_assignments"],
    kinds={"yaml", "duckdb"},
    checks=[KNOWN],
    also=["strategy_conditions", "strategy_evidence"],
)
def strategies(month: Month):
    """`data/reference/strategies.yaml`; its order is the order of preference. A month keeps the catalogue that it was
    made with. Written with it: `strategy_conditions`, whom each is for, and `strategy_evidence`, what would speak for
    it."""
    if are_kept(month.session, month.snapshot, month.settings, month.name, "strategies"):
        tables = ("strategy_conditions", "strategy_evidence")
        kept = [
            Rows(CONTRACTS[t], month.session.stage(CONTRACTS[t], kept_rows(t), **month.days), *month.place)
            for t in tables
        ]
        yield dg.AssetCheckResult(check_name=KNOWN, passed=True)
        yield from month.publish(month.stage(kept_rows(month.name)), show, also=kept)
        return
    catalogue = catalogue_of(month)
    yield from month.gate(values_known(month, catalogue))
    staged = month.stage_frame(pd.DataFrame(strategy_rows(catalogue)))
    also = [
        month.also("strategy_conditions", condition_rows(catalogue)),
        month.also("strategy_evidence", evidence_rows(catalogue)),
    ]
    yield from month.publish(staged, show, also=also)


def catalogue_of(month: Month) -> tuple[Strategy, ...]:
    try:
        return read_strategies(month.settings.reference)
    except CatalogueError as error:
        raise Refused(str(error)) from error


def values_known(month: Month, catalogue: tuple[Strategy, ...]) -> dg.AssetCheckResult:
    """Ages and lifestyles that no customer has may be misspelt: they are named, and fit nobody."""
    there = set(month.rows(_NAMED))
    told = {trait for trait, _ in there}
    named = {(c["trait"], c["value"]) for c in condition_rows(catalogue) if c["trait"] in told}
    nobody = sorted(named - there)
    return dg.AssetCheckResult(
        check_name=KNOWN,
        passed=not nobody,
        severity=dg.AssetCheckSeverity.WARN,
        description="No customer has these values that strategies are meant for; are they misspelt?"
        if nobody
        else None,
        metadata={"values of nobody": ", ".join(f"{t}: {v}" for t, v in nobody) or "none"},
    )


def show(month: Month) -> Shown:
    return {
        "strategies": month.as_table(
            """select place, strategy_id, origin, goal, channel, owner, kpi, window_days, title_ko
            from strategies where month = :month order by place"""
        ),
        "by origin": month.as_bars(
            "select origin, count(*) from strategies where month = :month group by origin order by origin", "strategies"
        ),
    }
