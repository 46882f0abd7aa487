"""What the results file keeps, and what of it a ratio may be made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_assets.bench.measuring import Measured
from crm_assets.bench.results import CPU, PEAK, WALL, Results
from crm_assets_tests.bench.entries import entry


def test_medians_of_seconds_and_the_greatest_peak():
    made = entry("peers", 1, 1e6, ours=[3.0, 1.0, 2.0])
    made.repeats["ours"][0] = Measured(6.0, 3.0, 9.0)
    assert [made.value(["ours"], m) for m in (CPU, WALL, PEAK)] == [2.0, 4.0, 9.0]


def test_several_are_summed_and_none_is_made_up():
    made = entry("stages", 1, 1e6, intake=2, raw_transactions=3)
    assert made.value(["intake", "raw_transactions"], CPU) == 5
    assert made.value(["intake", "receipts"], CPU) is None
    assert made.value([], CPU) is None


def test_what_is_written_is_read_again(tmp_path: Path):
    results = Results({}).with_entry(entry("published", None, 5e6, published=[20.1234567]))
    results.write(tmp_path / "deep" / "results.json")
    read = Results.read(tmp_path / "deep" / "results.json")
    assert read.entries.keys() == {"published"}
    assert read.entries["published"].repeats == {"published": [Measured(40.247, 20.123, 1.0)]}


def test_a_part_that_is_measured_again_takes_its_place_and_leaves_the_others(tmp_path: Path):
    file = tmp_path / "results.json"
    Results({}).with_entry(entry("peers", 1, 1e6, scan=1, ours=9)).with_entry(entry("peers", 10, 1e7, ours=90)).write(
        file
    )
    Results.read(file).with_entry(entry("peers", 1, 1e6, about={"commit": "new"}, ours=8)).write(file)
    read = Results.read(file)
    assert [(e.key, e.about["commit"]) for e in read.of("peers")] == [("peers/1", "new"), ("peers/10", "abc")]
    # The scan of the older commit is gone with its entry: no ratio can be made with it.
    assert read.entries["peers/1"].repeats.keys() == {"ours"}


def test_no_file_is_no_results_and_another_file_is_refused(tmp_path: Path):
    assert Results.read(tmp_path / "none.json").entries == {}
    (tmp_path / "other.json").write_text('{"entries": [{"part": "x"}]}')
    with pytest.raises(ValueError, match=r"other.json holds something else than results of `crm bench`. Move it away"):
        Results.read(tmp_path / "other.json")
