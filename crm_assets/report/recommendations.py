"""What is recommended, by which method, and what became of it."""

from __future__ import annotations

import pandas as pd

from crm_assets.charts import Pair
from crm_assets.charts.style import segment_colour
from crm_assets.merchandising.judging import ALL
from crm_assets.merchandising.recommenders import BLENDS
from crm_assets.report.blocks import Coloured, Panel, Pen, Section, joined
from crm_assets.report.data import ReportData

SERVED, UNRULED = "served", "unruled"
ARTICLES_OF_A_TYPE, ARTICLES_OF_A_REGION = 5, 3


def recommendations(data: ReportData, pen: Pen) -> Section:
    """The method in use and its evidence, its outcome by type, and what types and regions are recommended."""
    title, chosen = pen.text("recommendations.title"), data.table("recommender_choices")
    articles = data.table("recommended_articles")
    if chosen.empty or articles.empty:
        return Section("recommendations", title, note=pen.text("recommendations.none"))
    panels = [_evidence(data, pen, chosen), _outcomes(data, pen), _articles(data, pen, articles), _regions(data, pen)]
    after = [] if data.table("recommender_evidence").empty else [pen.text("recommendations.after")]
    return Section("recommendations", title, [_lead(pen, chosen)], [p for p in panels if p], after=after)


def _lead(pen: Pen, chosen: pd.DataFrame) -> Pair:
    row = chosen.iloc[0]
    method = method_name(pen, row["recommender"])
    if not row["months"]:
        return pen.text("recommendations.unjudged", recommender=method)
    judged = {"months": int(row["months"]), "value": f"{row['map_at_10']:.3f}"}
    return pen.text("recommendations.lead", recommender=method, **judged)


def method_name(pen: Pen, recommender: str) -> Pair:
    """What a reader calls a recommender."""
    if recommender not in BLENDS:
        return pen.text(f"recommendations.method.{recommender}")
    days, power = BLENDS[recommender]
    mild = pen.text("recommendations.method.half") if power < 1 else ""
    return pen.text("recommendations.method.blend", days=days, power=mild)


def _header(pen: Pen, *names: str) -> list[Pair]:
    return [pen.text(f"recommendations.column.{name}") for name in names]


def _interval(row: pd.Series, name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    known = "" if pd.isna(low) else f" ({low:.3f}–{high:.3f})"
    return f"{row[name]:.3f}{known}"


def _figures(pen: Pen, row: pd.Series) -> list[str | Pair]:
    return [
        *(_interval(row, name) for name in ("hit_rate", "recall_at_10", "map_at_10")),
        pen.figure("share", row["coverage"]),
    ]


def _evidence(data: ReportData, pen: Pen, chosen: pd.DataFrame) -> Panel | None:
    rows = data.table("recommender_evidence")
    rows = rows[rows["slice"] == ALL] if len(rows) else rows
    if rows.empty:
        return None
    rows = rows.sort_values(["map_at_10", "recommender"], ascending=[False, True])
    in_use = chosen["recommender"].iloc[0]
    body = []
    for _, row in rows.iterrows():
        name = method_name(pen, row["recommender"])
        mark = [name, pen.text("recommendations.served")] if row["recommender"] == in_use else [name]
        body.append([joined(mark, " · "), *_figures(pen, row)])
    table = pen.table(
        "recommender_evidence", _header(pen, "recommender", "hit_rate", "recall", "map", "coverage"), body
    )
    customers = pen.figure("customers", int(rows["customers"].iloc[0]))
    caption = pen.text("recommendations.evidence_caption", customers=customers)
    return Panel("recommendations-evidence", pen.text("recommendations.evidence"), caption, table, wide=True)


def _outcomes(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.table("recommendation_outcomes")
    if rows.empty:
        return None
    served = rows[rows["recommender"] == SERVED].set_index("slice")
    unruled = rows[rows["recommender"] == UNRULED].set_index("slice")
    order = [ALL, *(i for i in data.segments["segment_id"] if i in served.index)]
    body = [
        [
            pen.text("recommendations.everybody") if name == ALL else _coloured(data, pen, name),
            pen.figure("customers", int(served.loc[name, "customers"])),
            *(_interval(served.loc[name], figure) for figure in ("hit_rate", "recall_at_10", "map_at_10")),
            _interval(unruled.loc[name], "hit_rate") if name in unruled.index else "–",
        ]
        for name in order
        if name in served.index
    ]
    header = _header(pen, "segment", "customers", "hit_rate", "recall", "map", "unruled")
    table, caption = pen.table("recommendation_outcomes", header, body), pen.text("recommendations.outcomes_caption")
    return Panel("recommendations-outcomes", pen.text("recommendations.outcomes"), caption, table, wide=True)


def _coloured(data: ReportData, pen: Pen, segment: str) -> Coloured:
    return Coloured(pen.segment(segment), segment_colour(segment, list(data.segments["segment_id"])))


def _article(pen: Pen, row: pd.Series) -> Pair:
    return pen.text("recommendations.share_of", article=row["name"], share=pen.figure("share", row["share"]))


def _articles(data: ReportData, pen: Pen, articles: pd.DataFrame) -> Panel | None:
    body = []
    for segment in data.segments["segment_id"]:
        own = articles[articles["segment_id"] == segment].sort_values("rank")
        if len(own):
            customers = pen.figure("customers", int(own["customers"].iloc[0]))
            body.append([_coloured(data, pen, segment), _named(pen, own, ARTICLES_OF_A_TYPE), customers])
    if not body:
        return None
    table = pen.table(
        "recommendations", _header(pen, "segment", "articles", "customers"), body, 2, ["recommended_articles"]
    )
    caption = pen.text("recommendations.articles_caption")
    return Panel("recommendations-articles", pen.text("recommendations.articles"), caption, table, wide=True)


def _named(pen: Pen, rows: pd.DataFrame, most: int) -> Pair:
    """Articles with their shares, the first ones."""
    return joined([_article(pen, row) for _, row in rows.head(most).iterrows()], " · ")


def _regions(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.table("region_articles")
    if rows.empty:
        return None
    rows = rows.sort_values(["region", "rank"])
    nothing = Pair("–", "–")
    body = [
        [
            str(region),
            _named(pen, articles, ARTICLES_OF_A_REGION),
            _named(pen, own, ARTICLES_OF_A_REGION)
            if len(own := articles[articles["is_own"].astype(bool)])
            else nothing,
            pen.figure("customers", int(articles["customers"].iloc[0])),
        ]
        for region, articles in rows.groupby("region", sort=True)
    ]
    table = pen.table(
        "region_recommendations", _header(pen, "region", "articles", "own", "customers"), body, 3, ["region_articles"]
    )
    caption = pen.text("recommendations.regions_caption")
    return Panel("recommendations-regions", pen.text("recommendations.regions"), caption, table, wide=True)
