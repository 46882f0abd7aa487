"""``rfm_scores``: recency, frequency, monetary, their scores, and the bands, grade and type that they give."""

import dagster as dg
import pandas as pd

from crm_assets import pictures
from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import window
from crm_assets.defs.table import table_asset
from crm_assets.segmentation.rfm import BAND, BANDS, CELL_COLUMNS, Scheme, cell_rows, read_schemes
from crm_assets.segmentation.rfm_lint import by_bands, inversions, outdated, surprises
from crm_assets.warehouse import Session

BAND_NAMES = "band_names"


@table_asset(
    deps=[
        window("receipts"),
        window("raw_transactions"),
        "calendar",
    ],
    checks=(BAND_NAMES,),
)
def rfm_scores(month: Month):
    """Customers with a receipt in the window (12 months by default). Scores are quintiles of customers, ranked from
    worst to best: 1 + floor(5 · (min_rank − 1) / n). Equal values get equal scores. Bands, grades and types are data
    (`data/reference/rfm`); the check `band_names` warns of a cell that does not fit its band's name and that the
    scheme's file does not list among its surprises."""
    schemes = read_schemes(month.settings.reference)
    month.session.reference("rfm_cells", CELL_COLUMNS, cell_rows(schemes))
    staged = month.stage()
    yield from month.gate(band_names(month.session, staged, schemes))
    yield from month.publish(staged, lambda m: show(m, schemes[BAND]))


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
            f"{scheme.name}: cells": dg.MetadataValue.md(pictures.table(frame, longest=None)),
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


def show(month: Month, scheme: Scheme) -> Shown:
    counts = dict(month.rows("select rfm_band, count(*) from rfm_scores where month = :month group by rfm_band"))
    customers = float(sum(counts.values()))
    bars = pictures.bars(
        [(b.name, float(counts.get(b.name, 0))) for b in scheme.groups], unit="customers", total=customers
    )
    return {
        "customers": int(customers),
        "bands": dg.MetadataValue.md(bars),
        "means by band": month.as_table(
            """select rfm_band, count(*) as customers,
                round(cast(sum(recency_days) as double) / count(*), 1) as recency_days,
                round(cast(sum(frequency) as double) / count(*), 1) as frequency,
                round(cast(sum(monetary) as double) / count(*), 0) as monetary
            from rfm_scores where month = :month group by rfm_band order by max(rfm_score) desc""",
        ),
        "recency scores": month.as_table(
            """select r_score as score, count(*) as customers, min(recency_days) as from_days,
                max(recency_days) as to_days
            from rfm_scores where month = :month group by r_score order by r_score desc""",
        ),
    }
