"""README's table is that of the results file; the chart page stands by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_assets.bench.chart import COLOURS, write_chart
from crm_assets.bench.command import README, RESULTS, write_readme
from crm_assets.bench.readme import BEGIN, END, with_block
from crm_assets.bench.results import Results
from crm_assets.bench.table import tables
from crm_assets_tests.bench.entries import entry


def results() -> Results:
    made = Results({}).with_entry(entry("stages", 1, 1e6, intake=2, features=[3, 1, 2], scan=0.1))
    made = made.with_entry(entry("stages", 10, 1e7, intake=20, features=20))
    made = made.with_entry(entry("peers", 10, 1e7, scan=2, ours=20, pandas=100))
    return made.with_entry(entry("increments", 10, 1e7, full=40, month=10, day=8))


def test_readme_is_current():
    readme = README.read_text(encoding="utf-8")
    assert with_block(readme, Results.read(RESULTS)) == readme, "run `crm bench --readme`"


def test_the_block_is_replaced_and_the_rest_is_left(tmp_path: Path):
    (tmp_path / "README.md").write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    results().write(tmp_path / "results.json")
    write_readme(tmp_path / "results.json", tmp_path / "README.md")
    text = (tmp_path / "README.md").read_text()
    assert text == f"before\n{BEGIN}\n\n{tables(results())}\n\n{END}\nafter\n"
    assert (tmp_path / "results.html").stat().st_size > 0


def test_without_markers_or_results_it_says_what_to_do(tmp_path: Path):
    with pytest.raises(ValueError, match="needs the lines"):
        with_block("no markers", results())
    with pytest.raises(ValueError, match="Run `crm bench` first"):
        write_readme(tmp_path / "none.json")


def test_rows_by_hand():
    lines = tables(results()).splitlines()
    assert "| features | 2.00 | 4.00 | 1.00 | 20.0 | 40.0 | 1.00 | 1.00 (1 to 10 M) |" in lines
    assert "| RFM and 31 columns: ours | 20.0 | 40.0 | 1.00 | 10.00 | – |" in lines
    assert "| the same: pandas | 100 | 200 | 1.00 | 50.00 | 5.00 |" in lines
    assert "| the same: Polars | – | – | – | – | – |" in lines
    assert "| the last day | 8.00 | 16.0 | 1.00 | 0.20 |" in lines
    assert "| landed file to features, a day of all | 10 M lines | ≤ 0.1 × | 0.20 | **no** |" in lines
    assert "| landed file to predictions in the UI | ui | ≤ 45 s | not measured | – |" in lines


@pytest.mark.parametrize(("load", "told"), [(2.2, False), (7.6, True)])
def test_a_machine_that_was_not_alone_is_told(load: float, told: bool):
    made = Results({}).with_entry(entry("published", None, 5e6, about={"load": load}, published=20))
    assert (f"(load {load:g})" in tables(made)) is told


def test_the_chart_opens_offline_in_colours_of_its_own(tmp_path: Path):
    page = write_chart(results(), tmp_path / "results.html").read_text(encoding="utf-8")
    ours = page[page.index("<h2>CPU seconds of a stage") :]
    assert ours.count("Plotly.newPlot") == 3 and "src=" not in ours
    assert not [stand_in for stand_in in COLOURS if stand_in in ours]
