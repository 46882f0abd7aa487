"""The parts that the time from a landed file to predictions is made up of; the measure itself is a proof."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_assets.bench.landed_file import PREDICTIONS, Landed, Run, parts_of
from crm_assets.bench.limits import judge
from crm_assets.bench.run import measure
from crm_assets.bench.table import tables


def run(job: str, asked: float, *, starting: float, started: float, ended: float, predicted: float = 0) -> Run:
    events = [("RunStartingEvent", "", starting), ("RunStartEvent", "", started)]
    events += [("MaterializationEvent", PREDICTIONS, predicted)] if predicted else []
    return Run(
        job, "2021-12-01", asked, (*events, ("ExecutionStepSuccessEvent", "", ended), ("RunSuccessEvent", "", ended))
    )


RUNS = {
    "intake": run("intake", 7, starting=8, started=11, ended=12),
    "month": run("month", 14, starting=15, started=18, ended=30, predicted=22),
    "publish": run("publish", 35, starting=36, started=39, ended=40),
}
DIMENSIONS = run("dimensions", 14, starting=15, started=17, ended=19)
AFTER_THEM = run("month", 14, starting=20, started=23, ended=35, predicted=27)


def test_parts_add_up_to_the_whole_and_what_follows_to_the_copy():
    seconds, parts = parts_of(1, 3, RUNS)
    assert seconds == 21 and sum(s for part, s in parts.items() if not part.startswith("then")) == seconds
    assert parts["the sensor sees the file"] == 2 and parts["the file has settled"] == 4
    assert parts["the sensor sees the intake"] == 2 and parts["month: steps up to the predictions"] == 4
    assert seconds + sum(s for part, s in parts.items() if part.startswith("then")) == 39


def test_dimensions_that_a_file_touches_are_a_part():
    seconds, parts = parts_of(1, 3, {**RUNS, "dimensions": DIMENSIONS, "month": AFTER_THEM})
    assert seconds == 26 and sum(s for part, s in parts.items() if not part.startswith("then")) == seconds
    assert parts["dimensions: its process starts"] == 2 and parts["month: in the queue"] == 1


def test_a_run_without_predictions_is_named():
    with pytest.raises(ValueError, match=f"run of month 2021-12-01 has no MaterializationEvent {PREDICTIONS}"):
        parts_of(1, 3, {**RUNS, "month": run("month", 14, starting=15, started=18, ended=30)})


def test_figures_are_told_as_text():
    told = Landed(*parts_of(1, 3, RUNS), {"CPU seconds of an empty step": 0.0123}).as_text()
    assert "21.0 s  from a file" in told and "0.012    CPU seconds of an empty step" in told


@pytest.mark.prove
def test_predictions_are_refreshed_in_time(tmp_path: Path):
    results = measure(["ui"], [], 1, tmp_path / "results.json", print)
    (verdict,) = judge(results)
    print(tables(results))
    assert verdict.holds
