"""What life a customer's spending tells of: a card per lifestyle, what sets two of them apart, offers that fit."""

from __future__ import annotations

import pandas as pd

from crm_assets.charts import Pair
from crm_assets.charts.style import segment_colour
from crm_assets.report.blocks import Claim, Coloured, Panel, Pen, Profile, Section, joined, p_value, signed
from crm_assets.report.data import ReportData

MOST_SIGNATURES, MOST_DIFFERENCES = 4, 4


def lifestyles(data: ReportData, pen: Pen) -> Section:
    """One card per lifestyle, the largest first."""
    title, rows = pen.text("lifestyles.title"), data.table("lifestyle_clusters")
    if rows.empty:
        return Section("lifestyles", title, note=pen.text("lifestyles.none"))
    rows = rows.sort_values("rank_by_size").set_index("lifestyle_id")
    names = _names(data, rows)
    lead = [
        pen.text("lifestyles.lead", count=len(rows), customers=pen.figure("customers", int(rows["customers"].sum())))
    ]
    profiles = [_profile(data, pen, rows, i, names) for i in rows.index]
    panels = [_table(pen, rows, names), _differences(data, pen, rows, names), _offers(data, pen, names)]
    after = [pen.text("lifestyles.evidence")]
    return Section("lifestyles", title, lead, [p for p in panels if p], profiles=profiles, after=after,
        source=pen.source("lifestyle_clusters, lifestyle_categories"),
    )  # fmt: skip


def _names(data: ReportData, rows: pd.DataFrame) -> dict[str, Pair]:
    """By lifestyle_id; a persona's in both languages, another as its table has it."""
    as_stored = {i: Pair(str(name), str(name)) for i, name in rows["lifestyle_name"].items()}
    personas = data.table("lifestyle_personas")
    known = {p["lifestyle_id"]: Pair(p["ko"], p["en"]) for p in personas.to_dict("records")}
    return {i: known.get(i, name) for i, name in as_stored.items()}


def _line(data: ReportData, lifestyle: str) -> Pair | None:
    """What a persona is like; none for one without a persona."""
    lines = {p["lifestyle_id"]: p for p in data.table("lifestyle_personas").to_dict("records")}
    return Pair(lines[lifestyle]["line_ko"], lines[lifestyle]["line_en"]) if lifestyle in lines else None


def _profile(data: ReportData, pen: Pen, rows: pd.DataFrame, lifestyle: str, names: dict[str, Pair]) -> Profile:
    row = rows.loc[lifestyle]
    categories = data.table("lifestyle_categories")
    own = categories[(categories["lifestyle_id"] == lifestyle) & categories["is_signature"].astype(bool)]
    shown = own.sort_values("rank").head(MOST_SIGNATURES).to_dict("records")
    customers = pen.figure("customers", int(row["customers"]))
    values = [
        (pen.text("lifestyles.rank_by_size"), pen.text("lifestyles.place", place=int(row["rank_by_size"]))),
        (pen.text("lifestyles.rank_by_spend"), pen.text("lifestyles.place", place=int(row["rank_by_spend"]))),
        (pen.text("lifestyles.mean_spend"), pen(lambda w: w.short("currency", float(row["mean_spend"])))),
    ]
    if row["nearest_id"] in names:
        values.append((pen.text("lifestyles.nearest"), names[row["nearest_id"]]))
    return Profile(
        name=names[lifestyle],
        colour=segment_colour(lifestyle, list(names)),
        size=pen.text("overview.share_note", customers=customers, share=pen.figure("share", float(row["share"]))),
        values=values,
        places=[],
        place_text=Pair("", ""),
        tags=[Pair(str(one["category"]), str(one["category"])) for one in shown],
        claims=[_claim(pen, one) for one in shown],
        note=None if shown else pen.text("lifestyles.no_signature"),
        line=_line(data, lifestyle),
    )


def _claim(pen: Pen, row: dict[str, object]) -> Claim:
    lift = f"{float(row['lift']):.1f}"
    text = pen.text(
        "lifestyles.claim",
        category=row["category"],
        amount=pen(lambda w: w.short("currency", float(row["mean_amount"]))),
        lift=lift,
    )
    told = {
        "share": pen.figure("share", float(row["spend_share"])),
        "others": pen.figure("share", float(row["population_spend_share"])),
        "effect": signed(float(row["effect"])),
        "p": p_value(float(row["p_value"])),
    }
    return Claim(text, pen.text("lifestyles.claim_evidence", **told))


def _coloured(names: dict[str, Pair], lifestyle: str) -> Coloured:
    return Coloured(names[lifestyle], segment_colour(lifestyle, list(names)))


def _table(pen: Pen, rows: pd.DataFrame, names: dict[str, Pair]) -> Panel:
    header = ("lifestyle", "customers", "share", "mean_spend", "rank_by_spend", "low_value", "not_present", "nearest")
    body = [
        [
            _coloured(names, i),
            pen.figure("customers", int(row["customers"])),
            pen.figure("share", float(row["share"])),
            pen.figure("currency", float(row["mean_spend"])),
            str(int(row["rank_by_spend"])),
            *(pen.figure("share", _known(row[share])) for share in ("low_value_share", "not_present_share")),
            names.get(row["nearest_id"], Pair("–", "–")),
        ]
        for i, row in rows.iterrows()
    ]
    table = pen.table("lifestyle_clusters", [pen.text(f"lifestyles.column.{h}") for h in header], body)
    caption = pen.text("lifestyles.table_caption")
    return Panel("lifestyles-table", pen.text("lifestyles.table"), caption, table, wide=True)


def _known(value: float | None) -> float | None:
    return None if pd.isna(value) else float(value)


def _differences(data: ReportData, pen: Pen, rows: pd.DataFrame, names: dict[str, Pair]) -> Panel | None:
    """Each lifestyle beside the one that lies nearest to it: what is in one and not in the other."""
    found = data.table("lifestyle_differences")
    if found.empty:
        return None
    apart = found[found["in_not_other"].astype(bool)].sort_values("effect", ascending=False)

    def only(one: str, other: str) -> Pair:
        here = apart[(apart["lifestyle_id"] == one) & (apart["other_id"] == other)]["category"].head(MOST_DIFFERENCES)
        return joined([Pair(c, c) for c in here], " · ") if len(here) else Pair("–", "–")

    pairs = [(i, row["nearest_id"]) for i, row in rows.iterrows() if row["nearest_id"] in names]
    body = [[_coloured(names, a), _coloured(names, b), only(a, b), only(b, a)] for a, b in pairs]
    header = [pen.text(f"lifestyles.column.{h}") for h in ("lifestyle", "nearest", "in_a_not_b", "in_b_not_a")]
    table = pen.table("lifestyle_differences", header, body, names=4)
    caption = pen.text("lifestyles.differences_caption")
    return Panel("lifestyles-differences", pen.text("lifestyles.differences"), caption, table, wide=True)


def _offers(data: ReportData, pen: Pen, names: dict[str, Pair]) -> Panel | None:
    rows, offers = data.table("lifestyle_offers"), data.table("offers")
    if rows.empty:
        return None
    titles = {o["offer_id"]: Pair(o["title_ko"], o["title_en"]) for o in offers.to_dict("records")}
    known = rows[rows["lifestyle_id"].isin(list(names))]
    order = sorted(known.to_dict("records"), key=lambda r: (list(names).index(r["lifestyle_id"]), r["rank"]))
    body = [
        [
            _coloured(names, row["lifestyle_id"]),
            titles[row["offer_id"]],
            pen.figure("currency", float(row["mean_benefit"])),
            pen.figure("customers", int(row["customers"])),
            pen.figure("share", float(row["share"])),
        ]
        for row in order
    ]
    header = [pen.text(f"lifestyles.column.{h}") for h in ("lifestyle", "offer", "benefit", "gaining", "gaining_share")]
    table = pen.table("lifestyle_offers", header, body, names=2)
    return Panel(
        "lifestyles-offers", pen.text("lifestyles.offers"), pen.text("lifestyles.offers_caption"), table, wide=True
    )
