"""A whole benchmark, small, through the command line; and what happens where a peer is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from crm_assets.bench import parts
from crm_assets.bench.parts import Bench
from crm_assets.bench.results import Results
from crm_assets.bench.run import measure
from crm_assets.bench.stages import FROM_CSV, FROM_PARQUET, STAGES
from crm_assets.cli import cli
from crm_assets_tests.bench.entries import entry

SMALL = 0.05  # million lines: 300 customers


def test_a_small_benchmark_by_command(tmp_path: Path):
    file = tmp_path / "results.json"
    words = ["bench", "--lines", str(SMALL), "--repeat", "1", "--only", "increments", "--results", str(file)]
    done = CliRunner().invoke(cli, words)
    (made,) = Results.read(file).entries.values()
    assert made.key == f"increments/{SMALL}" and 40_000 < made.about["lines"] < 60_000
    assert made.repeats.keys() == {"full", "month", "day"}
    # So few lines cost nothing beside opening the warehouse: a day is not a tenth of all, and the verdict says so.
    assert done.exit_code == 1 and "does not hold: " in done.output and "a day of all" in done.output
    assert "| the last day |" in done.output and file.with_suffix(".html").exists()


@pytest.mark.prove
def test_every_part_by_command(tmp_path: Path):
    file = tmp_path / "results.json"
    words = ["bench", "--lines", str(SMALL), "--repeat", "1", "--results", str(file), "--only"]
    done = CliRunner().invoke(cli, [*words, "stages,peers,dagster"])
    entries = Results.read(file).entries
    assert entries[f"stages/{SMALL}"].repeats.keys() == {*STAGES, FROM_CSV, FROM_PARQUET}
    assert entries[f"peers/{SMALL}"].repeats.keys() == {*parts.WAYS}
    assert entries["dagster"].repeats.keys() == {"bodies", "refresh"}
    assert "| features |" in done.output and "Dagster's own cost" in done.output


def test_parts_of_one_size(tmp_path: Path):
    results = measure(["published"], [SMALL], 2, tmp_path / "results.json", print, customers=300)
    assert results.entries.keys() == {"published"}
    took = results.entries["published"].repeats["published"]
    assert len(took) == 2 and took[0].told["cpu_of"].keys() >= {"intake", "types", "features"}
    bare = results.entries["published"].repeats["bare"]
    assert bare[0].told["lines"] > 0.9 * results.entries["published"].about["lines"] > bare[0].told["receipts"] > 10_000


def test_a_missing_peer_is_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    ways = {"scan": parts.WAYS["scan"], "polars": ("no.module", ("no_such_package",))}
    monkeypatch.setattr(parts, "WAYS", ways)
    told: list[str] = []
    bench = Bench(tmp_path, 100, 1, told.append)
    assert parts.ways_that_are_there(bench) == {"scan": "crm_assets.bench.peers.scan"}
    assert bench.missing == {"polars": "no_such_package is not installed; install it by pip install -e '.[bench]'"}
    assert told == [f"polars: {bench.missing['polars']}"]


def test_a_run_is_judged_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An entry of before, which holds at another size, does not stand for what was measured now."""
    file = tmp_path / "results.json"
    Results({}).with_entry(entry("increments", 10, 1e7, full=100, month=20, day=5)).write(file)
    slow = entry("increments", 1, 1e6, full=10, month=9, day=8)
    monkeypatch.setattr("crm_assets.bench.run._entry", lambda *_: slow)
    words = ["bench", "--only", "increments", "--lines", "1", "--results", str(file)]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 1 and "does not hold: landed file to features, a month of all; " in done.output
    monkeypatch.setattr("crm_assets.bench.run._entry", lambda *_: entry("peers", 1, 1e6, ours=1, scan=1))
    done = CliRunner().invoke(cli, ["bench", "--only", "peers", "--lines", "1", "--results", str(file)])
    assert "not measured now: RFM and 31 columns: CPU, of the raw scan's (peers at 10 M lines)" in done.output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--only", "speed"], "there is no part speed; choose of published, stages"),
        (["--lines", "many"], "write million lines"),
        (["--lines", "0"], "above 0"),
        (["--lines", "nan"], "above 0"),
        (["--lines", "1,inf"], "above 0"),
        (["--repeat", "0"], "not in the range x>=1"),
        (["--only", ""], "there is no part ; choose of"),
    ],
)
def test_words_that_mean_nothing_are_refused(words: list[str], why: str):
    done = CliRunner().invoke(cli, ["bench", *words])
    assert done.exit_code != 0 and why in f"{done.output}{done.exception}"
