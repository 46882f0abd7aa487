"""With what to address a type: articles recommended to most of its customers, bundles of its baskets, best offers."""

from __future__ import annotations

from crm_assets.charts import Pair
from crm_assets.contracts.strategy_choices import NO_TYPE
from crm_assets.report.blocks import Lines, Panel, Pen, Section
from crm_assets.report.data import ReportData
from crm_assets.report.segments import Segment

BUNDLES = 3


def offers(data: ReportData, pen: Pen, segment: Segment) -> Section:
    name, title = f"{segment.page}-with", pen.text("segment.with")
    panels = [_articles(data, pen, segment), _bundles(data, pen, segment), _offers(data, pen, segment)]
    if not any(panels):
        return Section(name, title, note=pen.text("segment.with_none"))
    return Section(name, title, panels=[p for p in panels if p])


def _panel(pen: Pen, segment: Segment, name: str, header: list[Pair], body: list, names: int, frame: str, source: str):
    table = pen.table(source, header, body, names, [frame])
    title, caption = pen.text(f"segment.{name}"), pen.text(f"segment.{name}_caption")
    return Panel(f"{segment.page}-{name}", title, caption, table, wide=name == "bundles")


def _articles(data: ReportData, pen: Pen, segment: Segment) -> Panel | None:
    if segment.id == NO_TYPE:
        return _articles_of_none(data, pen, segment)
    rows = segment.of(data.table("recommended_articles"))
    if rows.empty:
        return None
    rows = rows.sort_values("rank")
    body = [[str(r.name), pen.figure("share", float(r.share))] for r in rows[["name", "share"]].itertuples(index=False)]
    header = [pen.text("segment.article"), pen.text("segment.article_share")]
    return _panel(pen, segment, "articles", header, body, 1, "recommended_articles", "recommendations")


def _articles_of_none(data: ReportData, pen: Pen, segment: Segment) -> Panel | None:
    rows = data.table("segment_articles_of_none")
    if rows.empty:
        return None
    body = [[str(row["name"]), pen.figure("customers", int(row["customers"]))] for row in rows.to_dict("records")]
    header = [pen.text("segment.article"), pen.text("words.customers")]
    return _panel(pen, segment, "articles", header, body, 1, "segment_articles_of_none", "recommendations")


def _bundles(data: ReportData, pen: Pen, segment: Segment) -> Panel | None:
    rows = segment.of(data.table("bundle_proposals"))
    if rows.empty:
        return None
    body = [
        [
            _side(row["antecedent_names"]),
            _side(row["consequent_names"]),
            f"{float(row['lift']):.1f}",
            pen.figure("customers", int(row["customers_to_address"])),
        ]
        for row in rows.sort_values("rank").head(BUNDLES).to_dict("records")
    ]
    header = [pen.text(f"segment.{h}") for h in ("has", "gets", "lift", "address")]
    return _panel(pen, segment, "bundles", header, body, 2, "bundle_proposals", "bundle_proposals")


def _side(names: object) -> Lines:
    """One side of a rule, a line an article."""
    return Lines([Pair(name, name) for name in str(names).split(" + ")])


def _offers(data: ReportData, pen: Pen, segment: Segment) -> Panel | None:
    rows, known = segment.of(data.table("segment_offers")), data.table("offers")
    if rows.empty:
        return None
    titles = {o["offer_id"]: Pair(o["title_ko"], o["title_en"]) for o in known.to_dict("records")}
    body = [
        [
            titles.get(row["offer_id"], Pair(*(str(row["offer_id"]),) * 2)),
            pen.figure("customers", int(row["customers"])),
            pen.figure("currency", float(row["benefit"])),
        ]
        for row in rows.sort_values("rank").to_dict("records")
    ]
    header = [pen.text("segment.offer"), pen.text("words.customers"), pen.text("segment.benefit")]
    return _panel(pen, segment, "offers", header, body, 1, "segment_offers", "offer_matches")
