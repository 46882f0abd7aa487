"""Loyalty and spend of the types, and what the conversion of potential loyal customers would bring."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.report.blocks import Panel, Pen, Section, Tile, joined
from crm_assets.report.data import ReportData

# Measures of everybody that this section shows.
CONVERSION = (
    "potential_loyal_customers",
    "loyal_customers",
    "potential_loyal_ratio",
    "monetary_mean_potential_loyal",
    "monetary_mean_loyal",
    "loyal_conversion_share",
    "loyal_conversion_revenue",
)
SUMS = {"loyal_conversion_revenue"}  # long amounts: written short on a tile, in full in the table


def loyalty(data: ReportData, pen: Pen) -> Section | None:
    """The map of types, the ratio of potential to loyal customers, the assumed conversion. None without types."""
    figures = _figures(data)
    if not figures:
        return None
    place = _places(data)
    panels = [p for p in (_map(place, pen), _conversion(figures, pen)) if p]
    tiles = [
        Tile(
            pen.text(f"loyalty.{name}"),
            pen(lambda w, n=name: (w.short if n in SUMS else w.figure)(figures[n][1], figures[n][0])),
            pen.text(f"loyalty.{name}_note", **_inputs(figures, pen)),
        )
        for name in ("potential_loyal_ratio", "loyal_conversion_revenue")
        if name in figures
    ]
    after = [] if "potential_loyal_ratio" in figures else [pen.text("loyalty.one_sided")]
    lead = [pen.text("loyalty.lead"), *_definition(data, place, pen)]
    return Section("loyalty", pen.text("loyalty.title"), lead, panels, tiles, after=after)


def _definition(data: ReportData, place: pd.DataFrame, pen: Pen) -> list[Pair]:
    """Which types of the month count as loyal, by name."""
    if "is_loyal" not in data.segments:
        return []
    present = data.segments[data.segments["segment_id"].isin(place["segment_id"])]
    sides = {kind: _listed(present[present["is_loyal"] == kind], pen) for kind in (True, False)}
    return [pen.text("loyalty.definition", loyal=sides[True], potential=sides[False])]


def _listed(types: pd.DataFrame, pen: Pen) -> Pair:
    names = [pen.segment(segment_id) for segment_id in types["segment_id"]]
    return joined(names) if names else pen.text("loyalty.nobody")


def _figures(data: ReportData) -> dict[str, tuple[float, str, int]]:
    """measure → (value, unit, base) of everybody."""
    found = {name: data.measure(name) for name in CONVERSION}
    return {
        name: (float(rows["value"].iloc[0]), str(rows["unit"].iloc[0]), int(rows["base"].iloc[0]))
        for name, rows in found.items()
        if len(rows)
    }


def _inputs(figures: dict[str, tuple[float, str, int]], pen: Pen) -> dict[str, Pair]:
    return {name: pen.figure(unit, value) for name, (value, unit, _) in figures.items()}


def _places(data: ReportData) -> pd.DataFrame:
    columns = {"frequency": "frequency_mean", "monetary": "monetary_mean", "customers": "customers"}
    parts = [data.measure(m).set_index("segment_id")["value"].rename(name) for name, m in columns.items()]
    return pd.concat(parts, axis=1).dropna().rename_axis("segment_id").reset_index()


def _map(place: pd.DataFrame, pen: Pen) -> Panel | None:
    ids = charts.ordered(place, pen.words["ko"])
    if not ids:
        return None
    rows = place.set_index("segment_id")
    shown = [*ids, *(["all"] if "all" in rows.index else [])]
    units = {"frequency": "receipts", "monetary": "currency", "customers": "customers"}
    body = [[pen.segment(s), *(pen.figure(u, float(rows.at[s, c])) for c, u in units.items())] for s in shown]
    header = [pen.text("words.type"), *(pen.text(f"words.{c}") for c in units)]
    return Panel(
        "loyalty-map",
        pen.text("loyalty.map"),
        pen.text("loyalty.map_caption"),
        pen.table("segment_profiles", header, body),
        pen.draw(lambda w: charts.loyalty_map(place, w)),
        wide=True,
    )


def _conversion(figures: dict[str, tuple[float, str, int]], pen: Pen) -> Panel:
    body = [
        [pen.text(f"loyalty.{name}"), pen.figure(unit, value), f"{base:,}"]
        for name, (value, unit, base) in figures.items()
    ]
    header = [pen.text("words.item"), pen.text("words.value"), pen.text("words.base")]
    return Panel(
        "loyalty-conversion",
        pen.text("loyalty.conversion"),
        pen.text("loyalty.conversion_caption"),
        pen.table("segment_profiles", header, body),
        wide=True,
    )
