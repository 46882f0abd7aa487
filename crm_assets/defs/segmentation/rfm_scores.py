"""``rfm_scores``: recency, frequency, monetary, their scores, and the bands, grade and type that they give."""

import dagster as dg
import pandas as pd

from crm_assets import pictures
from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import WINDOW
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.receipts.calendar import require_days
from crm_assets.segmentation.rfm import BAND, BANDS, CELL_COLUMNS, Scheme, cell_rows, read_schemes
from crm_assets.segmentation.rfm_lint import by_bands, inversions, outdated, surprises
from crm_assets.warehouse import Session, read_query

TABLE = "rfm_scores"
BAND_NAMES = "band_names"


@table_asset(
    TABLE,
    group="segmentation",
    deps=[
        dg.AssetDep("receipts", partition_mapping=WINDOW),
        dg.AssetDep("raw_transactions", partition_mapping=WINDOW),
        "calendar",
    ],
    condition=on_new_months(),
    checks=(BAND_NAMES,),
)
def rfm_scores(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Customers with a receipt in the window (12 months by default). Scores are quintiles of customers, ranked from
    worst to best: 1 + floor(5 · (min_rank − 1) / n). Equal values get equal scores. Bands, grades and types are data
    (`data/reference/rfm`); the check `band_names` warns of a cell that does not fit its band's name and that the
    scheme's file does not list among its surprises."""
    snapshot, schemes = settings.snapshot(context.partition_key), read_schemes(settings.reference)
    with warehouse.session() as session:
        require_days(session, snapshot)
        session.reference("rfm_cells", CELL_COLUMNS, cell_rows(schemes))
        net_returns = int(settings.returns == "netted")
        staged = session.stage(CONTRACTS[TABLE], read_query(TABLE), **snapshot.parameters, net_returns=net_returns)
        yield band_names(session, staged, schemes)
        yield from publish(context, session, staged, lambda s: show(s, snapshot, schemes[BAND]))


def band_names(session: Session, staged: str, schemes: dict[str, Scheme]) -> dg.AssetCheckResult:
    """What the linter finds, with the customers whom it concerns this month."""
    held = dict(session.rows(f"select rfm_score, count(*) from {staged} group by rfm_score"))
    everybody = sum(held.values())
    unknown, metadata = [], {}
    for scheme in (schemes[name] for name in BANDS):
        found, turned = surprises(scheme), inversions(scheme)
        unknown += [f"{s.cell} is {s.band} in {scheme.name}" for s in found if not s.known]
        rows = [(s.band, s.cell, " ".join(s.broken), s.known, held.get(s.cell, 0)) for s in found]
        frame = pd.DataFrame(rows, columns=["band", "cell", "breaks", "known", "customers"])
        customers = int(frame["customers"].sum())
        metadata |= {
            f"{scheme.name}: surprises": len(found),
            f"{scheme.name}: customers in them": customers,
            f"{scheme.name}: share of customers": round(customers / everybody, 4) if everybody else 0.0,
            f"{scheme.name}: inversions": len(turned),
            f"{scheme.name}: cells": dg.MetadataValue.md(pictures.table(frame, limit=len(rows))),
        }
        if turned:
            pairs = [(i.band, i.lesser_band, n, f"{i.cell} against {i.lesser}") for i, n in by_bands(turned)]
            frame = pd.DataFrame(pairs, columns=["band", "is below", "pairs of cells", "for instance"])
            metadata[f"{scheme.name}: bands turned round"] = dg.MetadataValue.md(pictures.table(frame))
        if gone := outdated(scheme):
            metadata[f"{scheme.name}: listed but no surprise"] = str(gone)
    return dg.AssetCheckResult(
        check_name=BAND_NAMES,
        passed=not unknown,
        severity=dg.AssetCheckSeverity.WARN,
        description=None if not unknown else f"{_listed(unknown)}: mend the scheme or add the cell to its surprises.",
        metadata=metadata,
    )


def _listed(found: list[str], most: int = 10) -> str:
    return "; ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")


def show(session: Session, snapshot: Snapshot, scheme: Scheme) -> dict[str, object]:
    month = snapshot.month
    counts = dict(
        session.rows("select rfm_band, count(*) from rfm_scores where month = :month group by rfm_band", month=month)
    )
    customers = float(sum(counts.values()))
    bars = pictures.bars(
        [(b.name, float(counts.get(b.name, 0))) for b in scheme.groups], unit="customers", total=customers
    )
    return {
        "as_of": str(snapshot.as_of),
        "customers": int(customers),
        "bands": dg.MetadataValue.md(bars),
        "means by band": table_of(
            session,
            """select rfm_band, count(*) as customers,
                round(cast(sum(recency_days) as double) / count(*), 1) as recency_days,
                round(cast(sum(frequency) as double) / count(*), 1) as frequency,
                round(cast(sum(monetary) as double) / count(*), 0) as monetary
            from rfm_scores where month = :month group by rfm_band order by max(rfm_score) desc""",
            month=month,
        ),
        "recency scores": table_of(
            session,
            """select r_score as score, count(*) as customers, min(recency_days) as from_days,
                max(recency_days) as to_days
            from rfm_scores where month = :month group by r_score order by r_score desc""",
            month=month,
        ),
    }
