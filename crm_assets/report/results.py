"""What the campaigns that ended in the month did, and whether that is sure."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.charts.style import ACCENT, segment_colour
from crm_assets.contracts.audiences import CONTROL, TREATMENT
from crm_assets.marketing.results import ALL, BETTER, BROKEN, CONVERSION, SPEND_CUPED, TOO_FEW, UNDECIDED, WORSE
from crm_assets.report.blocks import Card, Cell, Panel, Pen, Section, p_value
from crm_assets.report.data import ReportData
from crm_assets.statistics.experiments import SRM_ALARM

NO_TYPE = "none"
FIRST = [BROKEN, WORSE, BETTER, UNDECIDED, TOO_FEW]  # what must be seen first
FIGURES = ("treatment", "control", "treatment_mean", "control_mean", "difference", "p_adjusted", "srm_p", "verdict")


def results(data: ReportData, pen: Pen) -> Section:
    """A card per campaign in plain words, all campaigns side by side, then each by the types of its customers."""
    title, rows = pen.text("results.title"), data.table("campaign_results")
    if rows.empty:
        return Section("results", title, note=pen.text("results.none"))
    titles = _titles(data, pen, rows)
    whole = rows[rows["segment_id"] == ALL]
    judged = whole[whole["metric"] == whole["kpi"].map(judging_metric)]
    judged = judged.assign(place=judged["verdict"].map(FIRST.index)).sort_values(["place", "campaign_id"])
    told = judged.loc[judged["verdict"] != TOO_FEW, "campaign_id"].tolist()
    by_campaign = dict(list(rows.groupby("campaign_id")))
    cards = [_card(data, pen, by_campaign[c][by_campaign[c]["segment_id"] == ALL], titles) for c in told]
    panels = [_campaigns(pen, whole, titles), *(_campaign(data, pen, by_campaign[c], titles) for c in told)]
    lead = [pen.text("results.lead", campaigns=len(judged)), *_few(pen, judged), *_unknown(data, pen, judged)]
    return Section("results", title, lead, panels, cards=cards, after=[pen.text("results.after")])


def _few(pen: Pen, judged: pd.DataFrame) -> list[Pair]:
    """How many campaigns are too small to be told anything of: a sentence instead of a card each."""
    few = int((judged["verdict"] == TOO_FEW).sum())
    return [pen.text("results.too_few", campaigns=few)] if few else []


def _unknown(data: ReportData, pen: Pen, judged: pd.DataFrame) -> list[Pair]:
    """How many campaigns nothing says were sent at all."""
    of = _outcomes(data)
    silent = of[of["told"].isna()]["campaign_id"].nunique()
    return [pen.text("results.not_known_sent", silent=silent, campaigns=len(judged))] if silent else []


def judging_metric(kpi: str) -> str:
    """The metric that a campaign is judged by."""
    return SPEND_CUPED if kpi == "spend" else CONVERSION


def _titles(data: ReportData, pen: Pen, rows: pd.DataFrame) -> dict[str, Pair]:
    """By campaign: its strategy's title and its month; the id alone where the catalogue no longer has it."""
    known = data.table("strategies")
    named = (
        {s: Pair(ko, en) for s, ko, en in known[["strategy_id", "title_ko", "title_en"]].itertuples(index=False)}
        if len(known)
        else {}
    )
    starts = _outcomes(data).drop_duplicates("campaign_id").set_index("campaign_id")["starts_on"]
    return {
        campaign: pen.text(
            "results.one",
            title=named.get(strategy, Pair(strategy, strategy)),
            month=pen.month(pd.Timestamp(starts[campaign]).date()),
        )
        for campaign, strategy in rows[["campaign_id", "strategy_id"]].drop_duplicates().itertuples(index=False)
    }


def _outcomes(data: ReportData) -> pd.DataFrame:
    """The sums that the results were made of: their windows, and who was told."""
    return data.table("campaign_outcomes")


def _unit(metric: str) -> str:
    return "share" if metric == CONVERSION else "currency"


def _metric(pen: Pen, row: pd.Series) -> Pair:
    if row["metric"] != CONVERSION:
        return pen.label("campaign_metric", row["metric"])
    return pen.label("campaign_metric", "purchase" if row["kpi"] == "spend" else row["kpi"])


def _gain(pen: Pen, row: pd.Series, name: str) -> Pair:
    return pen(lambda w: charts.gain(w, _unit(row["metric"]), row[name]))


def _difference(pen: Pen, row: pd.Series) -> Cell:
    if row["verdict"] == BROKEN:
        return "–"  # a figure would be read as an effect
    value = _gain(pen, row, "difference")
    if pd.isna(row["difference_low"]):
        return value
    return pen.text("results.interval", value=value, **_ends(pen, row))


def _ends(pen: Pen, row: pd.Series) -> dict[str, Pair]:
    return {"least": _gain(pen, row, "difference_low"), "most": _gain(pen, row, "difference_high")}


def _cells(pen: Pen, row: pd.Series) -> list[Cell]:
    unit = _unit(row["metric"])
    return [
        _metric(pen, row),
        *(pen.figure("customers", int(row[name])) for name in ("treatment", "control")),
        *(pen.figure(unit, row[name]) for name in ("treatment_mean", "control_mean")),
        _difference(pen, row),
        *(p_value(row[name]) for name in ("p_adjusted", "srm_p")),
        pen.label("campaign_verdict", row["verdict"]),
    ]


def _header(pen: Pen, first: str) -> list[Pair]:
    return [pen.text(f"results.column.{name}") for name in (first, "metric", *FIGURES)]


def _card(data: ReportData, pen: Pen, campaign: pd.DataFrame, titles: dict[str, Pair]) -> Card:
    kpi = campaign["kpi"].iloc[0]
    row = campaign[campaign["metric"] == judging_metric(kpi)].iloc[0]
    values = [
        (pen.text("results.column.verdict"), pen.label("campaign_verdict", row["verdict"])),
        *(
            (pen.text(f"results.column.{arm}"), pen.figure("customers", int(row[arm])))
            for arm in ("treatment", "control")
        ),
    ]
    return Card(titles[row["campaign_id"]], _says(data, pen, row), [*values, *_sent(data, pen, row)])


def _sent(data: ReportData, pen: Pen, row: pd.Series) -> list[tuple[Pair, Pair]]:
    """How many of those addressed were really sent it, where somebody told."""
    of = _outcomes(data)
    own = of[(of["campaign_id"] == row["campaign_id"]) & (of["segment_id"] == ALL) & (of["arm"] == TREATMENT)]
    known = own["told"].dropna()
    return [(pen.text("results.column.told"), pen.figure("customers", int(known.iloc[0])))] if len(known) else []


def _says(data: ReportData, pen: Pen, row: pd.Series) -> Pair:
    if row["verdict"] == BROKEN:
        if row["srm_p"] < SRM_ALARM:
            return pen.text("results.says.broken_srm", p=p_value(row["srm_p"]))
        of = _outcomes(data)
        held = of[(of["campaign_id"] == row["campaign_id"]) & (of["segment_id"] == ALL) & (of["arm"] == CONTROL)]
        return pen.text("results.says.broken_told", told=pen.figure("customers", int(held["told"].iloc[0])))
    unit = _unit(row["metric"])
    return pen.text(
        f"results.says.{row['verdict']}",
        metric=_metric(pen, row),
        treatment=pen.figure(unit, row["treatment_mean"]),
        control=pen.figure(unit, row["control_mean"]),
        difference=_gain(pen, row, "difference"),
        **_ends(pen, row),
    )


def _campaigns(pen: Pen, whole: pd.DataFrame, titles: dict[str, Pair]) -> Panel:
    whole = whole.sort_values(["campaign_id", "metric"])
    table = pen.table(
        "campaign_results",
        _header(pen, "campaign"),
        [[titles[row["campaign_id"]], *_cells(pen, row)] for _, row in whole.iterrows()],
        names=2,
    )
    shown = whole[whole["metric"] == CONVERSION]
    figures = _drawn(pen, shown, [titles[c] for c in shown["campaign_id"]], [ACCENT] * len(shown))
    caption = pen.text("results.campaigns_caption")
    return Panel("results-campaigns", pen.text("results.campaigns"), caption, table, figures, wide=True)


def _campaign(data: ReportData, pen: Pen, campaign: pd.DataFrame, titles: dict[str, Pair]) -> Panel:
    order = [ALL, *data.segments["segment_id"], NO_TYPE]
    ids = [i for i in order if i in set(campaign["segment_id"])]
    ids += sorted(set(campaign["segment_id"]) - set(ids))
    campaign = campaign.assign(place=campaign["segment_id"].map(ids.index)).sort_values(["place", "metric"])
    name, kpi = campaign["campaign_id"].iloc[0], campaign["kpi"].iloc[0]
    table = pen.table(
        "campaign_results",
        _header(pen, "segment"),
        [[_type(pen, row["segment_id"]), *_cells(pen, row)] for _, row in campaign.iterrows()],
        names=2,
    )
    shown = campaign[campaign["metric"] == judging_metric(kpi)]
    known = list(data.segments["segment_id"])
    colours = [ACCENT if i == ALL else segment_colour(i, known) for i in shown["segment_id"]]
    figures = _drawn(pen, shown, [_type(pen, i) for i in shown["segment_id"]], colours)
    of = _outcomes(data)
    of = of[of["campaign_id"] == name].iloc[0]
    days = {end: f"{pd.Timestamp(of[day]):%Y-%m-%d}" for end, day in (("start", "starts_on"), ("end", "ends_on"))}
    caption = pen.text("results.one_caption", metric=_metric(pen, shown.iloc[0]), **days)
    return Panel(f"results-{name}", titles[name], caption, table, figures, wide=True)


def _type(pen: Pen, segment: str) -> Pair:
    return pen.text("results.untyped") if segment == NO_TYPE else pen.segment(segment)


def _drawn(pen: Pen, rows: pd.DataFrame, labels: list[Pair], colours: list[str]) -> dict:
    """Those whose difference may be told; without any there is no chart, the table says why."""
    told = rows["difference_low"].notna().to_numpy()
    if not told.any():
        return {}
    shown = rows[told].rename(columns={"difference_low": "low", "difference_high": "high"})
    names = [label for label, known in zip(labels, told, strict=True) if known]
    shown = shown.assign(
        sure=shown["verdict"].isin([BETTER, WORSE]), colour=[c for c, known in zip(colours, told, strict=True) if known]
    )

    def chart(words):
        own = shown.assign(label=[getattr(name, words.lang) for name in names])
        return charts.difference_intervals(own, words, _unit(own["metric"].iloc[0]))

    return pen.draw(chart)
