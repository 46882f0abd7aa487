"""The types of existing customers: how many, how well apart, and what each is like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.report.blocks import Panel, Pen, Section, Table
from crm_assets.report.data import ReportData
from crm_assets.report.loyalty import CONVERSION

GRID_ROWS = 15  # categories of a grid: more do not fit a screen, the table below has them all
SHOWN_ABOVE = {"customers", "customer_share", "revenue", "revenue_share", *CONVERSION}  # in the sections before
COUNTED = {"customers", "receipts", "units"}  # a distribution in these units is shown as shares of its type


def types(data: ReportData, pen: Pen) -> Section:
    """How many customers each type has, and what they spend; how the types were made is the section ``quality``."""
    title = pen.text("types.title")
    if not data.has_types:
        return Section("types", title, note=_none(data, pen))
    model, shares = data.cluster_model.iloc[0], _shares(data, pen)
    lead = pen.text(
        "types.lead_everybody" if data.has_new_among_types else "types.lead",
        k=int(model["k"]),
        customers=pen.figure("customers", float(model["customers"])),
    )
    return Section("types", title, lead=[lead], panels=[shares] if shares else [])


def _none(data: ReportData, pen: Pen) -> Pair:
    customers, needed = data.count("to_type"), data.min_customers_to_cluster
    if customers is not None and needed is not None and customers >= needed:
        return pen.text("types.none_alike")
    known = {"customers": pen.figure("customers", customers), "needed": pen.figure("customers", needed)}
    return pen.text("types.none", **known)


def _shares(data: ReportData, pen: Pen) -> Panel | None:
    parts = {"customers": data.measure("customers"), "revenue": data.measure("revenue")}
    frames = []
    for name, rows in parts.items():
        rows = rows[rows["segment_id"] != "all"]
        total = float(rows["value"].sum())
        if total > 0:
            frames.append(
                pd.DataFrame(
                    {
                        "row": name,
                        "segment_id": rows["segment_id"],
                        "value": rows["value"],
                        "share": rows["value"] / total,
                    }
                )
            )
    if not frames:
        return None
    frame = pd.concat(frames, ignore_index=True)
    shown = list(dict.fromkeys(frame["row"]))
    return Panel(
        "types-shares",
        pen.text("types.shares"),
        pen.text("types.shares_caption"),
        wide=True,
        figures=pen.draw(lambda w: charts.parts_of_whole(frame, w, {r: w.text(f"words.{r}") for r in shown})),
        table=_share_table(frame, shown, pen),
    )


def _share_table(frame: pd.DataFrame, shown: list[str], pen: Pen) -> Table:
    header = [pen.text("words.type")]
    for name in shown:
        header += [pen.text(f"words.{name}"), pen.text(f"words.{'customer' if name == 'customers' else name}_share")]
    rows = []
    for segment in charts.ordered(frame, pen.words["ko"]):
        cells: list = [pen.segment(segment)]
        for name in shown:
            one = frame[(frame["row"] == name) & (frame["segment_id"] == segment)]
            unit = "customers" if name == "customers" else "currency"
            cells += [pen.figure(unit, _first(one["value"])), pen.figure("share", _first(one["share"]))]
        rows.append(cells)
    return pen.table("segment_profiles", header, rows)


def profiles(data: ReportData, pen: Pen) -> Section:
    """One panel per measure that the month has; the list of panels is data (``panels`` of the texts)."""
    title = pen.text("profiles.title")
    if not data.has_types or data.profiles.empty:
        return Section("profiles", title, note=pen.text("profiles.none"))
    catalogue = pen.texts.at("panels")
    panels = [p for p in (_profile(data, pen, entry) for entry in catalogue) if p]
    listed = {m for e in catalogue for m in measures_shown(e)} | SHOWN_ABOVE
    rest = _unlisted(data, pen, listed)
    return Section("profiles", title, lead=[pen.text("profiles.lead")], panels=[*panels, *rest])


def measures_shown(entry: Mapping[str, Any]) -> list[str]:
    """The measures of segment_profiles that a panel of the texts shows: its own, or those that it puts side by side."""
    return list(entry["parts"].values()) if "parts" in entry else [entry["measure"]]


def _profile(data: ReportData, pen: Pen, entry: Mapping[str, Any]) -> Panel | None:
    measure, shape = entry["measure"], entry["shape"]
    rows = side_by_side(data, entry["parts"]) if "parts" in entry else data.measure(measure)
    if rows[rows["segment_id"] != "all"].empty:
        return None
    unit = str(rows["unit"].iloc[0])
    if shape != "pairs" and unit in COUNTED and (rows["category"] != "").any():
        rows, unit = as_shares(rows), "share"
    categories = in_order(rows, pen, measure)
    shown = most_frequent(rows, categories) if shape == "grid" and measure != "rfm_band" else categories
    axis = entry.get("axis")
    draw = {
        "bars": lambda w: charts.segment_bars(rows[rows["segment_id"] != "all"], w, unit, _everybody(rows)),
        "columns": lambda w: charts.columns(rows, w, measure, shown, unit, axis[w.lang] if axis else ""),
        "lines": lambda w: charts.lines(rows, w, measure, shown, unit, axis[w.lang] if axis else ""),
        "stack": lambda w: charts.category_stack(rows, w, measure, shown),
        "grid": lambda w: charts.share_grid(rows, w, measure, shown),
        "pairs": lambda w: charts.pairs(rows, w, measure, shown, unit),
    }[shape]
    return Panel(
        f"profile-{measure}",
        Pair(**entry["title"]),
        Pair(**entry["caption"]),
        _profile_table(rows, pen, measure, categories, unit),
        pen.draw(draw),
        wide=shape in ("lines", "grid"),
    )


def side_by_side(data: ReportData, parts: Mapping[str, str]) -> pd.DataFrame:
    """Single measures as the categories of one: ``{"user": "monetary_mean_wallet_users", …}``."""
    return pd.concat([data.measure(name).assign(category=code) for code, name in parts.items()], ignore_index=True)


def _everybody(rows: pd.DataFrame) -> float | None:
    return _first(rows.loc[rows["segment_id"] == "all", "value"])


def as_shares(rows: pd.DataFrame) -> pd.DataFrame:
    """Counts per category as shares of their type."""
    return rows.assign(value=rows["value"] / rows.groupby("segment_id")["value"].transform("sum"))


def in_order(rows: pd.DataFrame, pen: Pen, measure: str) -> list[str]:
    """Categories in their known order, then by the number in them, then by name."""
    known = list(pen.words["ko"].bands) if measure == "rfm_band" else pen.texts.order(measure)
    place = {name: i for i, name in enumerate(known)}

    def key(name: str):
        number = re.search(r"\d+", name)
        return (place.get(name, len(place)), int(number[0]) if number else 0, name)

    return sorted(set(rows["category"]), key=key)


def most_frequent(rows: pd.DataFrame, categories: list[str]) -> list[str]:
    """At most GRID_ROWS categories, the largest first, by everybody's figure or else by the largest type's."""
    everybody = rows[rows["segment_id"] == "all"].groupby("category")["value"].max()
    size = everybody.combine_first(rows.groupby("category")["value"].max())
    return sorted(categories, key=lambda c: -float(size.get(c, 0)))[:GRID_ROWS]


def _profile_table(rows: pd.DataFrame, pen: Pen, measure: str, categories: list[str], unit: str) -> Table:
    ids = [*charts.ordered(rows, pen.words["ko"]), *(["all"] if "all" in set(rows["segment_id"]) else [])]
    if categories == [""]:
        by_type = rows.set_index("segment_id")
        body = [
            [pen.segment(s), pen.figure(unit, float(by_type.at[s, "value"])), f"{int(by_type.at[s, 'base']):,}"]
            for s in ids
        ]
        return pen.table(
            "segment_profiles", [pen.text("words.type"), pen.text("words.value"), pen.text("words.base")], body
        )
    grid = rows.pivot(index="category", columns="segment_id", values="value")
    body = [[pen.label(measure, c), *(pen.figure(unit, _at(grid, c, s)) for s in ids)] for c in categories]
    base = rows.groupby("segment_id")["base"].max()
    body.append([pen.text("words.base"), *(f"{int(base[s]):,}" for s in ids)])
    return pen.table("segment_profiles", [pen.text("words.category"), *(pen.segment(s) for s in ids)], body)


def _unlisted(data: ReportData, pen: Pen, listed: set[str]) -> list[Panel]:
    """Measures that no panel shows, as a table: a new measure is seen before it has a chart."""
    rows = data.profiles[~data.profiles["measure"].isin(listed) & data.profiles["value"].notna()]
    if rows.empty:
        return []
    body = [
        [m, pen.label(m, c), pen.segment(s), pen.figure(u, float(v)), f"{int(b):,}"]
        for m, c, s, u, v, b in rows[["measure", "category", "segment_id", "unit", "value", "base"]].itertuples(
            index=False
        )
    ]
    header = [pen.text(f"words.{k}") for k in ("measure", "category", "type", "value", "base")]
    return [
        Panel(
            "profile-other",
            pen.text("profiles.other"),
            pen.text("profiles.other_caption"),
            pen.table("segment_profiles", header, body, names=3),
            wide=True,
        )
    ]


def _at(grid: pd.DataFrame, row: str, column: str) -> float | None:
    return float(grid.at[row, column]) if row in grid.index and column in grid.columns else None


def day(value: object) -> str:
    """A date as 2021-12-31, whatever type the engine gave it."""
    return pd.Timestamp(value).date().isoformat()


def _first(values: pd.Series) -> float | None:
    return float(values.iloc[0]) if len(values) else None
