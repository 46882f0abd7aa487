"""The section on movement says what its tables hold: flows, sums, intervals, how many the model moved."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest

from crm_assets import charts
from crm_assets.charts import Pair, Words
from crm_assets.charts.movement import MOST_FLOWS, OTHER
from crm_assets.charts.style import segment_colour
from crm_assets.report import ReportData, build_report
from crm_assets.report.blocks import Panel, Pen
from crm_assets.report.movement import movement
from crm_assets_tests.report.report_sample import TYPES, sample_month, texts
from crm_assets_tests.report.report_sample_movement import PAIRS, first_movement_tables, movement_tables
from crm_assets_tests.report.test_report import charts_of, without_scripts

PANELS = ("movement-flow", "movement-matrix", "movement-bought", "movement-kept", "movement-conversion",
          "movement-reasons")  # fmt: skip


def month(**changes: pd.DataFrame) -> ReportData:
    return sample_month(tables=movement_tables() | changes)


def section(data: ReportData):
    return movement(data, Pen.of(data, texts()))


def panel(data: ReportData, name: str) -> Panel:
    return next(p for p in section(data).panels if p.id == name)


def words(lang: str = "ko") -> Words:
    return Pen.of(sample_month(), texts()).words[lang]


def said(rows) -> list[list[str]]:
    return [[c.ko if isinstance(c, Pair) else c for c in row] for row in rows]


def test_without_movement_there_is_a_word_why():
    assert "이전 달이 없어" in section(sample_month(tables=first_movement_tables())).note.ko
    empty = {name: frame.iloc[:0] for name, frame in movement_tables().items()}
    assert "Nobody has bought" in section(sample_month(tables=empty)).note.en


def test_it_is_on_the_page_with_every_chart_in_both_languages_and_every_source():
    page = build_report(month(), texts())
    body = without_scripts(page)
    found = {name for name in charts_of(page) if name.startswith("movement-")}
    assert found == set(PANELS) - {"movement-matrix"}
    for name in PANELS:
        assert f'id="{name}' in body
    for source in ("segment_migration", "segment_retention", "move_reasons"):
        assert f"자료: {source} · 기준일" in body
    assert "2021년 11월 → 2021년 12월" in body and "November 2021 → December 2021" in body


def test_january_follows_december():
    assert (
        "December 2020"
        in section(sample_month(month=pd.Timestamp(2021, 1, 1).date(), tables=movement_tables())).lead[0].en
    )


def test_tiles_and_the_share_of_the_model():
    made = section(month())
    tiles = {t.label.ko: (t.value.ko, t.note.ko) for t in made.tiles}
    assert tiles["유형 유지"] == ("22,350명", "지난달 유형이 있던 고객 24,823명의 90.0%")
    assert tiles["다른 유형으로 이동"] == ("2,261명", "그중 모형이 움직인 경우 160명")
    assert tiles["신규에서 기존으로 전환"] == ("380명", "지난달 신규 3,480명의 10.9%")
    assert tiles["이달 이탈"][0] == "212명" and tiles["이탈 후 돌아온 고객"] == ("24명", "지난달 이탈 384명 중")
    assert tiles["이달 첫 구매"] == ("457명", "지금 유형이 있는 고객 0명")
    assert "유형이 바뀐 2,261명 가운데 160명(7.1%)은 지난 모형이라면" in made.lead[2].ko
    same = movement_tables()["segment_migration"].assign(model_changed=0)
    assert "같은 군집 모형" in section(month(segment_migration=same)).lead[2].ko


def test_the_matrix_sums():
    table = panel(month(), "movement-matrix").table
    rows = said(table.rows)
    assert said([table.header])[0] == [
        "지난달",
        "코로나 싫어",
        "초보주부",
        "롯데고수",
        "주부9단",
        "신규",
        "이탈",
        "합계",
    ]
    assert rows[0] == ["코로나 싫어", "9,800명 · 92.2%", "620명 · 5.8%", "·", "·", "·", "212명 · 2.0%", "10,632명"]
    total = sum(n for n, _ in PAIRS.values())
    assert rows[-1][0] == "합계" and rows[-1][-1] == f"{total:,}명"


def test_flows_are_the_pairs_in_the_colour_of_where_they_come_from():
    figure = panel(month(), "movement-flow").figures["en"]
    sankey = figure.data[0]
    assert sorted(sankey.link.value) == sorted(n for n, _ in PAIRS.values())
    labels = list(sankey.node.customdata)
    ends = {
        (labels[a], labels[b]): n
        for a, b, n in zip(sankey.link.source, sankey.link.target, sankey.link.value, strict=True)
    }
    assert ends["Seasoned 4,741", "Grand master 2,237"] == 187
    red, green, blue = (int(segment_colour("pro", list(TYPES))[i : i + 2], 16) for i in (1, 3, 5))
    place = [labels[a] for a in sankey.link.source].index("Seasoned 4,741")
    assert sankey.link.color[place] == f"rgba({red},{green},{blue},0.36)"
    shown = [a.text for a in figure.layout.annotations]
    assert {"November 2021", "December 2021", *labels} <= set(shown)  # legible without hovering


def test_states_do_not_overlap_and_stay_on_the_picture():
    figure = panel(month(), "movement-flow").figures["ko"]
    node, link = figure.data[0].node, figure.data[0].link
    room = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    sizes = {
        i: max(sum(v for a, v in zip(ends, link.value, strict=True) if a == i) for ends in (link.source, link.target))
        for i in range(len(node.y))
    }
    columns = [[i for i in sizes if (node.x[i] < 0.5) is left] for left in (True, False)]
    scale = (room - 22 * (max(map(len, columns)) - 1)) / sum(link.value)
    for column in columns:
        edges = [(node.y[i] * room - sizes[i] * scale / 2, node.y[i] * room + sizes[i] * scale / 2) for i in column]
        assert edges[0][0] > -1 and edges[-1][1] < room + 1
        assert all(lower[0] - upper[1] == pytest.approx(22) for upper, lower in pairwise(edges))


def test_thin_flows_go_together_where_there_are_too_many():
    states = [f"s{i}" for i in range(8)]
    rows = [(a, b, 1_000 if a == b else 3) for a in states for b in states]
    frame = pd.DataFrame(rows, columns=["from_state", "to_state", "customers"])
    assert len(frame) > MOST_FLOWS
    link = charts.flows(frame, words(), "a", "b").data[0].link
    assert sorted(link.value) == [21] * 8 + [1_000] * 8 and sum(link.value) == frame["customers"].sum()
    assert texts().label("movement_state", OTHER).ko == "그 밖"


def test_retention_has_its_interval_and_its_number():
    table = panel(month(), "movement-bought").table
    rows = {row[0]: row for row in said(table.rows)}
    assert rows["초보주부"][1:] == ["7,310명", "4,330명", "59.2%", "58.1% – 60.4%", "134,230,000원"]
    kept = {row[0]: row for row in said(panel(month(), "movement-kept").table.rows)}
    assert kept["초보주부"][1:] == ["7,310명", "6,100명", "1,210명", "0명", "83.4%", "82.6% – 84.3%"]
    figure = panel(month(), "movement-bought").figures["ko"]
    bar = figure.data[0]
    place = list(bar.y).index("novice")
    assert bar.x[place] == pytest.approx(4_330 / 7_310)
    assert bar.x[place] + bar.error_x.array[place] == pytest.approx(0.604, abs=5e-4)
    assert "59.2% · 7,310명" in [a.text for a in figure.layout.annotations]


def test_conversion_by_prediction():
    rows = said(panel(month(), "movement-conversion").table.rows)
    assert [row[:4] for row in rows] == [
        ["초보주부", "2,550명", "350명", "13.7%"],
        ["주부9단", "930명", "30명", "3.2%"],
        ["신규 전체", "3,480명", "380명", "10.9%"],
    ]
    assert [row[-1] for row in rows] == ["350명", "0명", "350명"]


def test_conversion_without_predictions_is_that_of_all_new_customers():
    tables = movement_tables()
    retention, migration = tables["segment_retention"], tables["segment_migration"]
    lone = retention[(retention["scheme"] == "predicted_type") & (retention["from_state"] == "novice")]
    retention = pd.concat([retention[retention["scheme"] == "type"], lone.assign(from_state="unpredicted")])
    made = panel(month(segment_retention=retention, segment_migration=migration[migration["scheme"] == "type"]),
                 "movement-conversion")  # fmt: skip
    assert [row[0] for row in said(made.table.rows)] == ["신규 전체"]


def test_reasons_are_shares_of_those_who_left_for_another_type():
    figure = panel(month(), "movement-reasons").figures["ko"]
    shares = {trace.name: dict(zip(trace.y, trace.x, strict=True)) for trace in figure.data}
    assert shares["모형 변경"]["master"] == 1
    assert shares["최근성"]["novice"] == pytest.approx(900 / 1_210)
    assert sum(s["pro"] for s in shares.values()) == pytest.approx(1)
    rows = said(panel(month(), "movement-reasons").table.rows)
    assert ["신규", "초보주부", "신규 기준보다 많은 영수증", "380명"] in rows and len(rows) == 12


def test_a_type_that_is_gone_is_called_by_its_id_at_least():
    """The report reads the names of last month's types too; a stranger must not stop it."""
    tables = movement_tables()
    gone = tables["segment_migration"].replace({"from_state": {"master": "a<b>"}})
    page = build_report(sample_month(tables=tables | {"segment_migration": gone}), texts())
    assert "a&lt;b&gt;" in page and "a<b>" not in without_scripts(page)


def test_the_first_types_are_told():
    """Existing customers of a month without types, given one by the first model."""
    matrix = movement_tables()["segment_migration"].replace({"from_state": {"corona_averse": "untyped"}})
    lead = section(month(segment_migration=matrix)).lead
    assert lead[2].en == "November 2021 had no types; 10,420 of its existing customers were given one this month."
