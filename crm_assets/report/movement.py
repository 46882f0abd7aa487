"""Movement from last month's types to this month's: who went where, who stayed and bought, who converted, and why."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.months import add_months
from crm_assets.report.blocks import Panel, Pen, Section, Tile
from crm_assets.report.data import ReportData
from crm_assets.segmentation.naming import AXES, RESERVED

MIGRATION, RETENTION, REASONS = "segment_migration", "segment_retention", "move_reasons"
FIRST, ALL_NEW = "first_purchase", "all_new"
BETWEEN_TYPES = (*AXES, "model")  # reasons of a change of type


def movement(data: ReportData, pen: Pen) -> Section:
    """The matrix of two months as flows and as a table, retention, conversion, reasons."""
    title, whole = pen.text("movement.title"), data.table(MIGRATION)
    if whole.empty:
        return Section("movement", title, note=pen.text("movement.none"))
    if (whole["from_state"] == FIRST).all():
        return Section("movement", title, note=pen.text("movement.first"))
    months = {"before": pen.month(add_months(data.month, -1)), "month": pen.month(data.month)}
    matrix = whole[whole["scheme"] == "type"]
    panels = [
        _flow(matrix, pen, months),
        _matrix(matrix, pen, months),
        _retention(data, pen, "type", "bought"),
        _retention(data, pen, "type", "kept"),
        _conversion(data, pen),
        _reasons(data, pen),
        _retention(data, pen, "rfm_band", "bands"),
    ]
    states = pen.text("movement.states", most=pen.receipts(data.new_customer_max_receipts))
    lead = [pen.text("movement.lead", **months), states, *_of_the_model(data, matrix, pen, months)]
    return Section(
        "movement", title, lead, [p for p in panels if p], tiles=_tiles(data, matrix, pen), source=pen.source(MIGRATION)
    )


def _count(matrix: pd.DataFrame, chosen: pd.Series) -> int:
    return int(matrix.loc[chosen, "customers"].sum())


def _between_types(frame: pd.DataFrame) -> pd.Series:
    """Rows from one type to another; the reserved ids are states that are no types."""
    typed = ~frame["from_state"].isin(RESERVED) & ~frame["to_state"].isin(RESERVED)
    return typed & (frame["from_state"] != frame["to_state"])


def _moved_by_model(data: ReportData) -> int:
    reasons = data.table(REASONS)
    return 0 if reasons.empty else _count(reasons, _between_types(reasons) & (reasons["reason"] == "model"))


def _of_the_model(data: ReportData, matrix: pd.DataFrame, pen: Pen, months: dict[str, Pair]) -> list[Pair]:
    """How many were moved by the model and not by what they bought."""
    moved = _count(matrix, _between_types(matrix))
    typed_first = (matrix["from_state"] == "untyped") & ~matrix["to_state"].isin(RESERVED)
    said = []
    if typed_first.any():
        typed = pen.figure("customers", _count(matrix, typed_first))
        said.append(pen.text("movement.first_types", typed=typed, before=months["before"]))
    if not moved:
        return said
    if not matrix["model_changed"].any():
        return [*said, pen.text("movement.same_model")]
    by_model = _moved_by_model(data)
    figures = {"moved": pen.figure("customers", moved), "by_model": pen.figure("customers", by_model)}
    return [*said, pen.text("movement.other_model", **figures, share=pen.figure("share", by_model / moved))]


def _tiles(data: ReportData, matrix: pd.DataFrame, pen: Pen) -> list[Tile]:
    source, target = matrix["from_state"], matrix["to_state"]
    typed, new, lapsed = ~source.isin(RESERVED), source == "new", source == "lapsed"
    counts = {
        "stayed": (typed & (source == target), typed),
        "changed": (_between_types(matrix), typed),
        "converted": (new & (target != "new"), new),
        FIRST: (source == FIRST, source == FIRST),
        "lapsed": (~lapsed & (target == "lapsed"), ~lapsed),
        "returned": (lapsed & (target != "lapsed"), lapsed),
    }
    if not data.window_is_full:  # nobody can have left it
        del counts["lapsed"]
    if data.has_new_among_types:  # the state "new" is then of those outside the window only
        del counts["converted"]
    tiles = []
    for name, (chosen, among) in counts.items():
        of = _count(matrix, among)
        if not of:
            continue
        count = _count(matrix, chosen)
        note = pen.text(
            f"movement.{name}_note",
            customers=pen.figure("customers", of),
            share=pen.figure("share", count / of),
            by_model=pen.figure("customers", _moved_by_model(data)),
            typed=pen.figure("customers", _count(matrix, chosen & ~target.isin(RESERVED))),
        )
        tiles.append(Tile(pen.text(f"movement.{name}"), pen.figure("customers", count), note))
    return tiles


def _state(pen: Pen, state: str) -> Pair:
    return pen(lambda w: charts.state_name(w, state))


def _heads(pen: Pen, *names: str) -> list[Pair]:
    return [pen.text(f"movement.{name}") for name in names]


def _flow(matrix: pd.DataFrame, pen: Pen, months: dict[str, Pair]) -> Panel:
    order = charts.in_order_of_states(pen.words["ko"], [*matrix["from_state"], *matrix["to_state"]])
    rows = matrix.assign(a=matrix["from_state"].map(order.index), b=matrix["to_state"].map(order.index)).sort_values(
        ["a", "b"]
    )
    body = [
        [
            _state(pen, str(row.from_state)),
            _state(pen, str(row.to_state)),
            pen.figure("customers", int(row.customers)),
            pen.figure("share", float(row.share_of_from)),
            pen.figure("share", float(row.share_of_to)),
            pen.figure("currency", float(row.revenue_before)),
            pen.figure("currency", float(row.revenue_after)),
            pen.figure("currency", float(row.revenue_month)),
        ]
        for row in rows.itertuples()
    ]
    names = ("customers", "share_of_from", "share_of_to", "revenue_before", "revenue_after", "revenue_month")
    return Panel(
        "movement-flow",
        pen.text("movement.flow", **months),
        pen.text("movement.flow_caption"),
        pen.table(MIGRATION, _heads(pen, "before", "after", *names), body, names=2),
        pen.draw(lambda w: charts.flows(rows, w, *(getattr(m, w.lang) for m in months.values()))),
        wide=True,
    )


def _matrix(matrix: pd.DataFrame, pen: Pen, months: dict[str, Pair]) -> Panel:
    words = pen.words["ko"]
    counts = matrix.pivot(index="from_state", columns="to_state", values="customers")
    counts = (
        counts.reindex(
            index=charts.in_order_of_states(words, counts.index),
            columns=charts.in_order_of_states(words, counts.columns),
        )
        .fillna(0)
        .astype(int)
    )
    body = []
    for state, row in counts.iterrows():
        total = int(row.sum())
        cells = [_cell(pen, int(n), total) for n in row]
        body.append([_state(pen, str(state)), *cells, pen.figure("customers", total)])
    everybody = [pen.figure("customers", int(n)) for n in (*counts.sum(), counts.to_numpy().sum())]
    body.append([pen.text("movement.total"), *everybody])
    header = [pen.text("movement.before"), *(_state(pen, str(s)) for s in counts.columns), pen.text("movement.total")]
    return Panel(
        "movement-matrix",
        pen.text("movement.matrix"),
        pen.text("movement.matrix_caption", **months),
        pen.table(MIGRATION, header, body),
        wide=True,
    )


def _cell(pen: Pen, count: int, total: int) -> str | Pair:
    if not count:
        return "·"
    return pen(lambda w: f"{w.figure('customers', count)} · {w.figure('share', count / total)}")


def _between(pen: Pen, row: pd.Series, share: str) -> Pair:
    """The interval of a share: 45.1% – 52.3%."""
    return pen(lambda w: " – ".join(w.figure("share", float(row[f"{share}_{end}"])) for end in ("lower", "upper")))


def _bars(rows: pd.DataFrame, share: str) -> pd.DataFrame:
    """The frame of ``charts.shares_with_intervals``."""
    names = {"from_state": "state"} | {f"{share}_{part}": part for part in ("share", "lower", "upper")}
    return rows.rename(columns=names)[["state", "share", "lower", "upper", "customers"]]


def _in_order(rows: pd.DataFrame, pen: Pen) -> pd.DataFrame:
    order = charts.in_order_of_states(pen.words["ko"], rows["from_state"])
    return rows.set_index("from_state").loc[order].reset_index()


def _retention(data: ReportData, pen: Pen, scheme: str, shown: str) -> Panel | None:
    """``shown``: bought (or bands, the same of bands), or kept."""
    rows = data.table(RETENTION)
    rows = rows[rows["scheme"] == scheme] if len(rows) else rows
    if rows.empty:
        return None
    kept = shown == "kept"
    share, counts = ("stayed", ("stayed", "moved", "lapsed")) if kept else ("bought", ("bought",))
    body = [
        [
            _state(pen, str(row["from_state"])),
            pen.figure("customers", int(row["customers"])),
            *(pen.figure("customers", int(row[name])) for name in counts),
            pen.figure("share", float(row[f"{share}_share"])),
            _between(pen, row, share),
            *([] if kept else [pen.figure("currency", float(row["revenue_month"]))]),
        ]
        for _, row in _in_order(rows, pen).iterrows()
    ]
    last = ["kept_share", "interval"] if kept else ["bought_share", "interval", "revenue_month"]
    return Panel(
        f"movement-{shown}",
        pen.text(f"movement.{shown}"),
        pen.text(f"movement.{shown}_caption"),
        pen.table(RETENTION, _heads(pen, "before", "customers", *(f"column_{c}" for c in counts), *last), body),
        pen.draw(lambda w: charts.shares_with_intervals(_bars(rows, share), w)),
        wide=scheme == "rfm_band",
    )


def _conversion(data: ReportData, pen: Pen) -> Panel | None:
    """New customers overall and by the type that was predicted for them."""
    rows = data.table(RETENTION)
    if rows.empty or data.has_new_among_types or not (rows["scheme"] == "predicted_type").any():
        return None
    predicted = rows["scheme"] == "predicted_type"
    if (rows.loc[predicted, "from_state"] == "unpredicted").all():
        predicted &= False  # the same customers as all new ones
    overall = (rows["scheme"] == "type") & (rows["from_state"] == "new")
    rows = rows[overall | predicted]
    rows = _in_order(rows.assign(from_state=rows["from_state"].replace("new", ALL_NEW)), pen)
    pairs = data.table(MIGRATION)
    pairs = pairs[(pairs["scheme"] == "predicted_type") & (pairs["from_state"] == pairs["to_state"])]
    hits = pairs.set_index("from_state")["customers"]
    body = [
        [
            _state(pen, str(row["from_state"])),
            pen.figure("customers", int(row["customers"])),
            pen.figure("customers", int(row["moved"])),
            pen.figure("share", float(row["moved_share"])),
            _between(pen, row, "moved"),
            _hits(pen, row, hits),
        ]
        for _, row in rows.iterrows()
    ]
    names = ("predicted", "new_customers", "column_converted", "conversion_share", "interval", "as_predicted")
    return Panel(
        "movement-conversion",
        pen.text("movement.conversion"),
        pen.text("movement.conversion_caption", most=pen.receipts(data.new_customer_max_receipts)),
        pen.table(RETENTION, _heads(pen, *names), body),
        pen.draw(lambda w: charts.shares_with_intervals(_bars(rows, "moved"), w)),
    )


def _hits(pen: Pen, row: pd.Series, hits: pd.Series) -> Pair:
    """Converted customers who have the type that was predicted; of all new ones, the sum."""
    if row["from_state"] == "unpredicted":
        return pen.figure("customers", None)
    return pen.figure("customers", int(hits.sum() if row["from_state"] == ALL_NEW else hits.get(row["from_state"], 0)))


def _reasons(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.table(REASONS)
    if rows.empty:
        return None
    words = pen.words["ko"]
    states = charts.in_order_of_states(words, [*rows["from_state"], *rows["to_state"]])
    reasons = words.texts.order("move_reason")
    rows = rows.assign(
        a=rows["from_state"].map(states.index),
        b=rows["to_state"].map(states.index),
        c=rows["reason"].map(reasons.index),
    ).sort_values(["a", "b", "c"])
    body = [
        [
            _state(pen, str(row.from_state)),
            _state(pen, str(row.to_state)),
            pen.label("move_reason", str(row.reason)),
            pen.figure("customers", int(row.customers)),
        ]
        for row in rows.itertuples()
    ]
    shares = _reason_shares(rows)
    figures = pen.draw(lambda w: charts.category_stack(shares, w, "move_reason", BETWEEN_TYPES)) if len(shares) else {}
    return Panel(
        "movement-reasons",
        pen.text("movement.reasons"),
        pen.text("movement.reasons_caption"),
        pen.table(REASONS, _heads(pen, "before", "after", "reason", "customers"), body, names=3),
        figures,
    )


def _reason_shares(rows: pd.DataFrame) -> pd.DataFrame:
    """segment_id, category, value: per type that customers left for another, the shares of the reasons."""
    moves = rows[_between_types(rows)]
    counts = moves.groupby(["from_state", "reason"], as_index=False)["customers"].sum()
    value = counts["customers"] / counts.groupby("from_state")["customers"].transform("sum")
    return counts.assign(value=value).rename(columns={"from_state": "segment_id", "reason": "category"})
