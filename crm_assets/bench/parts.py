"""The parts of a benchmark: for each, which programs are run, in turn and repeatedly, on which files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from crm_assets.bench import sample
from crm_assets.bench.landed_file import measure_landed_file
from crm_assets.bench.measuring import Measured, measure_process, measure_program
from crm_assets.bench.results import LANDED
from crm_assets.bench.shop import Shop
from crm_assets.bench.stages import FROM_CSV, FROM_PARQUET, LOADING, STAGES, WHOLE

Repeats = dict[str, list[Measured]]
REMEDY = "install it by pip install -e '.[bench]'"
WAYS = {  # name → module, and the packages that it needs beyond the plain install
    "scan": ("crm_assets.bench.peers.scan", ()),
    "wide scan": ("crm_assets.bench.peers.wide_scan", ()),
    "ours": ("crm_assets.bench.peers.ours", ()),
    "pandas": ("crm_assets.bench.peers.with_pandas", ("pyarrow",)),
    "polars": ("crm_assets.bench.peers.with_polars", ("polars",)),
    "rules": ("crm_assets.bench.peers.rules", ()),
    "mlxtend": ("crm_assets.bench.peers.with_mlxtend", ("mlxtend", "pyarrow")),
}
UI_CUSTOMERS = 3_000  # the sample of `make demo`
DAGSTER_MONTHS, DAGSTER_SPAN = 2, "2020-12:2021-01"  # the first ones of the sample's history: nothing before is missing
DAGSTER_MILLIONS = 0.25  # lines of the sample on which Dagster's own cost is measured: steps count, not lines


@dataclass
class Bench:
    """A folder to work in, how often, and who is told. ``customers`` is the size of the sample."""

    folder: Path
    customers: int
    repeat: int
    progress: Callable[[str], None]
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def csv(self) -> Path:
        """The landed files; there once ``lines`` was asked for."""
        return self.folder / "csv"

    @cached_property
    def lines(self) -> int:
        """How many lines the sample holds, which is made for it."""
        return int(self.files("write_csv", folder=self.csv, customers=self.customers)["lines"])

    def files(self, made: str, **given: object) -> Mapping[str, Any]:
        """Files made by ``sample``; returns what that tells."""
        words = {name: str(value) if isinstance(value, Path) else value for name, value in given.items()}
        return measure_program("files", self.shop("files").environment, made=made, **words).told

    def shop(self, name: str, reference: Path | None = None) -> Shop:
        return Shop(self.folder / name, {"CRM_REFERENCE_DIR": str(reference)} if reference else {})

    def measure(self, repeats: Repeats, what: str, program: str, shop: Shop, **given: object) -> None:
        """Run a program once more and keep what it took."""
        self.keep(repeats, what, measure_program(program, shop.environment, **given))

    def keep(self, repeats: Repeats, what: str, measured: Measured) -> None:
        repeats.setdefault(what, []).append(measured)
        self.progress(f"{what:<24}{measured.wall:>9.1f} s wall {measured.cpu:>9.1f} s CPU {measured.peak:>7.2f} GB")


def stages(bench: Bench) -> Repeats:
    """Every stage in a process of its own, from CSV; and the whole from Parquet in one process."""
    repeats: Repeats = {}
    parquet, reference = bench.folder / "parquet", sample.parquet_reference(bench.folder / "reference")
    bench.files("write_parquet", csv=bench.csv, folder=parquet)
    for _ in range(bench.repeat):
        shop = bench.shop("stages").begin(bench.csv)
        for stage in STAGES:
            bench.measure(repeats, stage, "stage", shop, stage=stage)
        bench.keep(repeats, FROM_CSV, _together([repeats[stage][-1] for stage in WHOLE]))
        shop = bench.shop("stages", reference).begin(parquet)
        bench.measure(repeats, FROM_PARQUET, "whole", shop)
    return repeats


def peers(bench: Bench) -> Repeats:
    """Ways from the same lines as Parquet to RFM and features, and to rules."""
    repeats: Repeats = {}
    shop, lines = bench.shop("peers").begin(bench.csv), bench.folder / "lines"
    for stage in LOADING[:-1]:  # receipts are made by every way on its own
        measure_program("stage", shop.environment, stage=stage)
    measure_program("export", shop.environment, folder=str(lines))
    ways = ways_that_are_there(bench)
    for _ in range(bench.repeat):
        for name, module in ways.items():
            bench.measure(repeats, name, "way", shop, module=module, folder=str(lines))
    return repeats


def ways_that_are_there(bench: Bench) -> dict[str, str]:
    """Name → module; those whose packages are not installed are told, and kept as missing."""
    found: dict[str, str] = {}
    for name, (module, packages) in WAYS.items():
        if lacking := [package for package in packages if find_spec(package) is None]:
            bench.missing[name] = f"{', '.join(lacking)} is not installed; {REMEDY}"
            bench.progress(f"{name}: {bench.missing[name]}")
        else:
            found[name] = module
    return found


def increments(bench: Bench) -> Repeats:
    """From landed file to features: everything, the last month, the last day."""
    repeats: Repeats = {}
    bench.files("cut", csv=bench.csv, folder=bench.folder / "cut")
    before, month, day = (bench.folder / "cut" / name for name in sample.CUT)
    month_before = bench.shop("month-before").begin(before)
    measure_program("before_increment", month_before.environment)
    day_before = month_before.copy(bench.folder / "day-before")
    day_before.land(month)
    measure_program("increment", day_before.environment, months=1)
    for _ in range(bench.repeat):
        bench.measure(repeats, "full", "increment", bench.shop("work").begin(before, month, day), months=None)
        shop = month_before.copy(bench.folder / "work")
        shop.land(month, day)
        bench.measure(repeats, "month", "increment", shop, months=1)
        shop = day_before.copy(bench.folder / "work")
        shop.land(day)
        bench.measure(repeats, "day", "increment", shop, months=1)
    return repeats


def dagster(bench: Bench) -> Repeats:
    """The first months by ``crm refresh`` and by the bodies alone: the difference is Dagster's."""
    repeats: Repeats = {}
    for _ in range(bench.repeat):
        bench.measure(repeats, "bodies", "months", bench.shop("bodies").begin(bench.csv), first=DAGSTER_MONTHS)
        shop = bench.shop("runs").begin(bench.csv)
        bench.keep(repeats, "refresh", _refresh(shop, "--months", DAGSTER_SPAN))
    return repeats


def published(bench: Bench) -> Repeats:
    """L.POINT's CSV tables to RFM, types and features of everybody, in one process; and what the bare engine needs for
    their lines and receipts."""
    repeats: Repeats = {}
    for _ in range(bench.repeat):
        shop = bench.shop("published").begin(bench.csv)
        bench.measure(repeats, "bare", "bare", shop, landing=str(shop.landing))
        bench.measure(repeats, "published", "published", shop)
    return repeats


def refresh(bench: Bench) -> Repeats:
    """``crm refresh`` from nothing, as a user runs it: every month, every table, every report."""
    repeats: Repeats = {}
    for _ in range(bench.repeat):
        bench.keep(repeats, "refresh", _refresh(bench.shop("refresh").begin(bench.csv)))
    return repeats


def ui(bench: Bench) -> Repeats:
    """From a landed file to predictions in the running UI, with its parts; whole processes, so no CPU and no peak."""
    repeats: Repeats = {}
    for number in range(bench.repeat):
        told = measure_landed_file(bench.folder / f"ui-{number}", bench.customers, bench.progress)
        bench.progress(told.as_text())
        seconds = {"parts": dict(told.parts), "beside": dict(told.rest)}
        repeats.setdefault(LANDED, []).append(Measured(told.seconds, None, None, seconds))
    return repeats


def _refresh(shop: Shop, *words: str) -> Measured:
    return measure_process([sys.executable, "-m", "crm_assets.cli", "refresh", *words], shop.environment)


def _together(parts: list[Measured]) -> Measured:
    """Processes one after the other, as one."""
    return Measured(sum(p.wall for p in parts), sum(p.cpu for p in parts), max(p.peak for p in parts))


@dataclass(frozen=True)
class Part:
    """What is run, and on how many customers.

    Attributes:
        customers: none = it is measured at every size that is asked for.
    """

    run: Callable[[Bench], Repeats]
    customers: int | None = None


PARTS: Mapping[str, Part] = {
    "published": Part(published, sample.PUBLISHED_CUSTOMERS),
    "stages": Part(stages),
    "peers": Part(peers),
    "increments": Part(increments),
    "dagster": Part(dagster, sample.customers_for(DAGSTER_MILLIONS)),
    "refresh": Part(refresh, sample.PUBLISHED_CUSTOMERS),
    "ui": Part(ui, UI_CUSTOMERS),
}
