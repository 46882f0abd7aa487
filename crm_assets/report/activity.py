"""Daily activity of the types, and what of it an external series can be said to move."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.report.blocks import Panel, Pen, Section, Table, joined, p_value, signed
from crm_assets.report.data import ReportData

SMOOTH_DAYS = 7
ACTIVITY, CORRELATIONS, SIGNALS = "daily_activity", "signal_correlations", "daily_signals"


def activity(data: ReportData, pen: Pen) -> Section:
    """Daily activity of the types, and what moves with an external series."""
    title, rows, found = pen.text("activity.title"), data.table(ACTIVITY), data.table(CORRELATIONS)
    if rows.empty:
        return Section("activity", title, note=pen.text("activity.none"))
    if rows["date"].nunique() < SMOOTH_DAYS:
        return Section("activity", title, note=pen.text("activity.short", days=SMOOTH_DAYS))
    lead = [pen.text("activity.lead"), pen.text("activity.construction")]
    panels = [_lines(data, rows, pen)]
    if found.empty:
        return Section("activity", title, [*lead, pen.text("activity.no_signals")], panels)
    lead.append(pen.text("activity.raw"))
    return Section("activity", title, [*lead, *_reactions(found, pen)], [*panels, _correlations(found, pen)])


def _reactions(found: pd.DataFrame, pen: Pen) -> list[Pair]:
    """A sentence per relation that the evidence allows."""
    said = [
        pen.text(
            f"claims.reaction_{row['direction']}",
            signal=pen.label("signal", row["signal"]),
            type=pen.segment(row["segment_id"]),
            r=signed(row["detrended_r"]),
            low=signed(row["detrended_low"]),
            high=signed(row["detrended_high"]),
            p=p_value(row["p_adjusted"]),
        )
        for row in found[found["allowed"].astype(bool)].to_dict("records")
    ]
    return said or [pen.text("activity.no_reaction")]


def _lines(data: ReportData, rows: pd.DataFrame, pen: Pen) -> Panel:
    types = rows[rows["segment_id"] != "all"]
    smooth = _smoothed(types.rename(columns={"active_customers": "value"}), "segment_id")
    signals = data.table(SIGNALS)
    if len(signals):
        days = pd.to_datetime(types["date"])
        dates = pd.to_datetime(signals["date"])
        signals = _smoothed(signals[(dates >= days.min()) & (dates <= days.max())], "signal")
    return Panel(
        "activity-days",
        pen.text("activity.chart"),
        pen.text("activity.chart_signals" if len(signals) else "activity.chart_caption"),
        _by_month(rows, pen),
        pen.draw(lambda w: charts.daily_lines(smooth, signals, w)),
        wide=True,
    )


def _smoothed(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """The mean of the seven days up to each day, from the seventh on."""
    rows = rows.sort_values([by, "date"])
    mean = rows.groupby(by)["value"].transform(lambda v: v.astype(float).rolling(SMOOTH_DAYS).mean())
    return rows.assign(value=mean).dropna(subset=["value"])[[by, "date", "value"]]


def _by_month(rows: pd.DataFrame, pen: Pen) -> Table:
    ids = [*charts.ordered(rows, pen.words["ko"]), *(["all"] if "all" in set(rows["segment_id"]) else [])]
    months = pd.to_datetime(rows["date"]).dt.strftime("%Y-%m")
    mean = rows.groupby([months, "segment_id"])["active_customers"].mean().unstack()
    body = [[m, *(pen.figure("number", float(mean.at[m, s])) for s in ids)] for m in mean.index]
    return pen.table(ACTIVITY, [pen.text("words.month"), *(pen.segment(s) for s in ids)], body)


def _correlations(found: pd.DataFrame, pen: Pen) -> Panel:
    signals = list(dict.fromkeys(found["signal"]))
    caption = pen.text("activity.correlations_caption")
    method = pen.text("activity.method")
    return Panel(
        "activity-correlations",
        pen.text("activity.correlations"),
        joined([caption, method], " "),
        _correlation_table(found, signals, pen),
        pen.draw(lambda w: charts.correlation_intervals(found, w, signals)),
        wide=True,
    )


def _correlation_table(found: pd.DataFrame, signals: list[str], pen: Pen) -> Table:
    words = (
        "type",
        "signal",
        "r",
        "n_days",
        "p",
        "interval",
        "detrended_r",
        "effective_days",
        "interval",
        "p_adjusted",
    )
    rows = []
    for signal in signals:
        mine = found[found["signal"] == signal].set_index("segment_id")
        for segment in charts.ordered(mine.reset_index(), pen.words["ko"]):
            row = mine.loc[segment]
            effective = row["detrended_days_effective"]
            rows.append(
                [
                    pen.segment(segment),
                    pen.label("signal", signal),
                    signed(row["r"]),
                    f"{int(row['days']):,}",
                    p_value(row["p"]),
                    _interval(row["low"], row["high"]),
                    signed(row["detrended_r"]),
                    "–" if pd.isna(effective) else f"{float(effective):,.0f} / {int(row['detrended_days']):,}",
                    _interval(row["detrended_low"], row["detrended_high"]),
                    p_value(row["p_adjusted"]),
                ]
            )
    return pen.table(CORRELATIONS, [pen.text(f"words.{w}") for w in words], rows, names=2)


def _interval(low: float, high: float) -> str:
    return "–" if pd.isna(low) else f"{signed(low)} … {signed(high)}"
