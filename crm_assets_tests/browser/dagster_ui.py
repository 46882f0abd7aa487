"""The Dagster UI as a user has it: ``dagster dev`` on a shop of its own, clicked through in Chromium.

What is clicked is in ``Screen``; what Dagster then says happened is asked of its GraphQL in ``DagsterDev``. What must
hold is in the tests.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from crm_assets.bench.dagster_dev import ask, started
from crm_assets_tests.conftest import Shop

PATIENCE = 400  # seconds until a wait is given up: many times what it takes, for machines that have other work
SENSORS = ("landing_folder", "ledger", "snapshots", "publication")
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
BACKFILL_ENDED = {"COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"}

RUNS = """{ runsOrError(limit: 1000) { ... on Runs { results {
    id status jobName creationTime startTime endTime assetSelection { path } tags { key value } } } } }"""
BACKFILLS = "{ partitionBackfillsOrError(limit: 50) { ... on PartitionBackfills { results { id status } } } }"
ASSETS = """{ assetNodes { assetKey { path } isPartitioned
    assetChecksOrError { ... on AssetChecks { checks { name } } } } }"""
MADE = """query ($asset: AssetKeyInput!) { assetOrError(assetKey: $asset) { ... on Asset {
    assetMaterializations(limit: 1000) { partition timestamp runId } } } }"""
SENSOR_STATES = """{ sensorsOrError(repositorySelector: {
    repositoryLocationName: "crm_assets", repositoryName: "__repository__" }) {
    ... on Sensors { results { name sensorState { status } } } } }"""
CHECKED = """query ($asset: AssetKeyInput!, $check: String!) {
    assetCheckExecutions(assetKey: $asset, checkName: $check, limit: 1000) { partition status } }"""


@dataclass(frozen=True)
class Run:
    """A run; ``month`` is its partition key, times are seconds since the epoch."""

    id: str
    status: str
    job: str
    month: str | None
    created: float
    started: float | None
    ended: float | None
    assets: frozenset[str]
    tags: dict[str, str]


@dataclass
class DagsterDev:
    """``dagster dev`` on a shop: its processes, and its answers."""

    shop: Shop
    port: int
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        return ask(self.port, query, **variables)

    def runs(self) -> list[Run]:
        """Every run, first to last."""
        found = []
        for r in self.ask(RUNS)["runsOrError"]["results"]:
            tags = {t["key"]: t["value"] for t in r["tags"]}
            month = tags.get("dagster/partition") or tags.get("dagster/asset_partition_range_start")
            assets = frozenset(a["path"][-1] for a in r["assetSelection"] or [])
            times = (r["creationTime"], r["startTime"], r["endTime"])
            found.append(Run(r["id"], r["status"], r["jobName"], month, *times, assets, tags))
        return sorted(found, key=lambda run: run.created)

    def sensor_is_on(self, name: str) -> bool:
        sensors = self.ask(SENSOR_STATES)["sensorsOrError"]["results"]
        return next(s["sensorState"]["status"] for s in sensors if s["name"] == name) == "RUNNING"

    def assets(self) -> dict[str, tuple[bool, list[str]]]:
        """Asset → whether it is monthly, and its checks."""
        return {
            node["assetKey"]["path"][-1]: (
                node["isPartitioned"],
                [check["name"] for check in node["assetChecksOrError"].get("checks", [])],
            )
            for node in self.ask(ASSETS)["assetNodes"]
        }

    def made(self, asset: str, month: str | None = None) -> list[float]:
        """When an asset, a month of it, was materialised; oldest first."""
        found = self.ask(MADE, asset={"path": [asset]})["assetOrError"].get("assetMaterializations", [])
        return sorted(float(m["timestamp"]) / 1000 for m in found if month is None or m["partition"] == month)

    def checks_not_passed(self, months: list[str]) -> list[str]:
        """Checks whose latest execution of a month did not pass, or that were never executed."""
        faults = []
        for asset, (monthly, checks) in self.assets().items():
            for check in checks:
                found = self.ask(CHECKED, asset={"path": [asset]}, check=check)["assetCheckExecutions"]
                latest: dict[str | None, str] = {}
                for execution in found:  # newest first
                    latest.setdefault(execution["partition"], execution["status"])
                for month in months if monthly else [None]:
                    if (status := latest.get(month, "never executed")) != "SUCCEEDED":
                        faults.append(f"{asset}.{check} {month}: {status}")
        return faults

    def wait(self, what: str, until: Callable[[], Any], seconds: float) -> Any:
        """Ask until the answer is true; say what was waited for when it never is."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if answer := until():
                return answer
            time.sleep(1)
        raise AssertionError(f"{what}: not within {seconds:.0f} s. Runs:\n{self.history()}")

    def idle(self) -> bool:
        """No run waits or goes on, no backfill either."""
        backfills = self.ask(BACKFILLS)["partitionBackfillsOrError"]["results"]
        return all(r.status in ENDED for r in self.runs()) and all(b["status"] in BACKFILL_ENDED for b in backfills)

    def is_published(self) -> bool:
        """The copy for readers is newer than all that was made."""
        newest = {asset: max(self.made(asset), default=0) for asset in self.assets()}
        return newest["published"] > 0 and newest["published"] == max(newest.values())

    def launched(self) -> int:
        """How many runs and backfills there are."""
        return len(self.runs()) + len(self.ask(BACKFILLS)["partitionBackfillsOrError"]["results"])

    def history(self) -> str:
        """A line per run, for the reader of a test's output."""
        runs = self.runs()
        zero = runs[0].created if runs else 0
        return "\n".join(
            f"{r.id[:8]} {r.job:<14.14} {r.month or '':<11}{r.status:<9}"
            + "".join(f"{t - zero:7.0f}" if t else "      -" for t in (r.created, r.started, r.ended))
            + f"  {', '.join(sorted(r.assets))}"
            for r in runs
        )

    def log_faults(self) -> list[str]:
        """Lines of the log that tell of an error."""
        lines = (self.shop.root / "dagster-dev.log").read_text(errors="replace").splitlines()
        return [line for line in lines if "ERROR" in line or "Traceback" in line]


@contextmanager
def dagster_dev(shop: Shop) -> Iterator[DagsterDev]:
    """The UI and its daemon on a home of their own; ends with every process that they started."""
    shop.furnish()
    shop.landing.mkdir(parents=True, exist_ok=True)
    process, port = started(shop)
    dev = DagsterDev(shop, port, process)
    try:
        dev.wait("the UI", lambda: _answers(dev), PATIENCE)
        yield dev
    finally:
        _stop(process)


def _answers(dev: DagsterDev) -> bool:
    assert dev.process.poll() is None, (dev.shop.root / "dagster-dev.log").read_text(errors="replace")[-3000:]
    try:
        return bool(dev.assets())
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end as Ctrl-C does, then end whatever of its children is left."""
    tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    process.send_signal(signal.SIGINT)
    _, left = psutil.wait_procs(tree, timeout=20)
    for one in left:
        one.kill()
    psutil.wait_procs(left, timeout=10)


class Screen:
    """What a user clicks."""

    def __init__(self, dev: DagsterDev, page: Any, shots: Path) -> None:
        self.dev, self.page, self.shots = dev, page, shots
        page.set_default_timeout(15_000)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.dev.url}{path}")
        skip = self.page.get_by_role("button", name="Skip", exact=True)
        if skip.is_visible():  # the e-mail dialog, should a later version bring it back
            skip.click()

    def shot(self, name: str) -> None:
        self.page.wait_for_timeout(1_500)  # the UI fetches and fades in
        self.page.screenshot(path=self.shots / f"{name}.png")

    def switch_sensors(self, on: bool) -> None:
        """On the page of automations, by the switch in each one's row."""
        self.open("/automation")
        for name in SENSORS:
            row = self.page.locator("xpath=//*[@data-index]", has=self.page.get_by_text(name, exact=True))
            switch = row.locator("input[type=checkbox]").nth(1)  # the first selects the row
            switch.wait_for(state="attached")
            if self.dev.sensor_is_on(name) is on:
                continue
            # A row is drawn before the UI knows its sensor's state: a click then would ask for the state that it has.
            self.dev.wait(f"the row of {name}", lambda switch=switch: switch.is_checked() is not on, 30)
            switch.locator("xpath=..").click()
            self.dev.wait(f"the sensor {name}", lambda name=name: self.dev.sensor_is_on(name) is on, 30)

    def materialize(self, asset: str) -> None:
        """An unpartitioned asset, by the button of its page."""
        self.open(f"/assets/{asset}")
        self._launch(lambda: self.page.get_by_role("button").filter(has_text="Materialize").first.click())

    def materialize_job(self, job: str) -> None:
        """Every asset of a job without partitions, by the button of the job's page."""
        self.open(f"/locations/crm_assets/jobs/{job}")
        self._launch(lambda: self.page.get_by_role("button", name="Materialize all").click())

    def materialize_months(self, job: str, months: str) -> None:
        """Every asset of a job for a month, or ``[first...last]``, by the dialog of the job's page."""
        self.open(f"/locations/crm_assets/jobs/{job}")
        self.page.get_by_role("button", name="Materialize all").click()
        dialog = self.page.get_by_role("dialog")
        chosen = dialog.get_by_placeholder("ex: ")
        chosen.fill(months)
        chosen.press("Enter")
        self.page.wait_for_timeout(1_000)
        self.shot(f"dialog-{'backfill' if '.' in months else 'month'}")
        launch = dialog.get_by_role("button", name="Launch")
        self._launch(lambda: launch.last.click())

    def _launch(self, click: Callable[[], None]) -> None:
        before = self.dev.launched()
        try:
            click()
            self.dev.wait("a run or backfill after the click", lambda: self.dev.launched() > before, 60)
        except AssertionError:
            self.shot("nothing-launched")
            raise

    def photograph_assets(self) -> None:
        """Every asset: its page, with all that its latest materialisation shows unfolded, and its checks."""
        self.page.set_viewport_size({"width": 1600, "height": 3000})
        for asset, (_, checks) in self.dev.assets().items():
            self.open(f"/assets/{asset}")
            self.page.get_by_text("Columns", exact=True).wait_for()
            self.shot(f"asset-{asset}")
            assert self.page.get_by_text("[Show Markdown]").count() == 0, f"{asset}: the UI folds up what is long"
            if checks:
                self.open(f"/assets/{asset}?view=checks")
                self.shot(f"asset-{asset}-checks")
        self.page.set_viewport_size({"width": 1600, "height": 1000})
        self.open("/asset-groups")
        self.page.wait_for_timeout(3_000)
        self.page.wait_for_function("!document.body.innerText.includes('fetching statuses')")
        self.shot("lineage")


def drop_receipts(shop: Shop, name: str, day: str, customer: str = "M999999999") -> str:
    """Receipts of a customer never seen, on one day, in the format and with the products of the sample; its id."""
    header, *lines = (shop.landing / "LPOINT_BIG_COMP_02_PDDE.csv").read_text(encoding="utf-8").splitlines()
    shape = dict(zip(header.split(","), lines[0].split(","), strict=True))
    new = [
        ",".join({**shape, "cust": customer, "rct_no": f"{shape['cop_c']}99999990{n}", "de_dt": day}.values())
        for n in (1, 2)
    ]
    part = shop.landing / f".{name}.part"
    part.write_text("\n".join([header, *new]) + "\n", encoding="utf-8")
    os.replace(part, shop.landing / name)
    return customer


def walk(  # long: one walk through the UI, in its order
    shop: Shop,
    chromium: Any,
    shots: Path,
    *,
    customers: int,
    first: str,
    months: list[str],
    quiet: int,
    photograph: bool,
) -> None:
    """A user's first day: one month by clicking, the rest as a backfill, then a file that lands by itself.

    Args:
        first: the month made by clicking; ``months`` are backfilled after it, the last receives the new file.
        quiet: seconds in which nothing may happen once all is made.
        photograph: the page of every asset, at the end; two minutes.
    """
    clock = Clock()
    with dagster_dev(shop) as dev:
        clock.lap("dagster dev answers")
        screen = Screen(dev, chromium.new_page(viewport={"width": 1600, "height": 1000}), shots)
        screen.switch_sensors(on=False)  # else they are faster than the clicks
        shop.crm("demo", "--customers", str(customers))
        screen.materialize("landed_files")
        dev.wait("landed_files", lambda: dev.made("landed_files"), PATIENCE)  # the UI would ask whether one is sure
        screen.materialize_job("dimensions")
        dev.wait("the unpartitioned assets", dev.idle, PATIENCE)
        clock.lap("unpartitioned assets by clicking")
        screen.materialize_months("month", first)
        dev.wait(f"{first}, by clicking", dev.idle, PATIENCE)
        clock.lap("a month by clicking")
        screen.materialize_months("month", f"[{months[0]}...{months[-1]}]")
        dev.wait(f"the backfill of {len(months)} months", dev.idle, 60 + 60 * len(months))
        clock.lap(f"backfill of {len(months)} months")
        screen.materialize("published")
        dev.wait("the copy for readers", lambda: dev.is_published() and dev.idle(), PATIENCE)
        clock.lap("the copy for readers by clicking")
        assert_sound(dev, [first, *months])

        screen.switch_sensors(on=True)
        dev.wait("the first look of the sensors", lambda: len(dev.made("landed_files")) > 1 and dev.idle(), PATIENCE)
        clock.lap("sensors on, and at rest")
        before, count = dev.made("new_customer_predictions", months[-1])[-1], len(dev.runs())
        customer = drop_receipts(shop, "LPOINT_BIG_COMP_02_PDDE_new.csv", months[-1].replace("-", "")[:6] + "28")
        refreshed = lambda: dev.made("new_customer_predictions", months[-1])[-1] > before  # noqa: E731
        dev.wait("predictions refreshed by a landed file", refreshed, PATIENCE)
        clock.lap("from the landed file to the predictions")
        dev.wait("rest after the landed file", dev.idle, PATIENCE)
        clock.lap("from the predictions to rest")
        dev.wait("the copy that shows the landed file", lambda: dev.is_published() and dev.idle(), PATIENCE)
        clock.lap("from rest to the copy for readers")
        at_rest = len(dev.runs())
        time.sleep(quiet)
        assert len(dev.runs()) == at_rest, f"runs though nothing is new:\n{dev.history()}"
        print(clock.report(), dev.history(), sep="\n")
        assert_sound(dev, [first, *months])
        once = [(a, r.month) for r in dev.runs()[count:] for a in r.assets]
        assert len(once) == len(set(once)), f"made twice: {sorted(x for x in set(once) if once.count(x) > 1)}"
        if photograph:
            screen.photograph_assets()
    found = shop.frame("select month, customer_id, segment_name from new_customer_predictions")
    assert months[-1] in set(found[found.customer_id == customer].month.astype(str))


def assert_sound(dev: DagsterDev, months: list[str]) -> None:
    """Every asset was made for every month, no run failed, no check was skipped, no month overtook another."""
    assert [r for r in dev.runs() if r.status != "SUCCESS"] == [], dev.history()
    faults = dev.checks_not_passed(months)
    assert faults == [], faults  # pytest shows no values of a module that is no test
    for asset, (monthly, _) in dev.assets().items():
        for month in months if monthly else [None]:
            assert dev.made(asset, month), f"{asset} {month} was never made"
    for asset in ("cluster_assignments", "lightgbm_model"):
        firsts = [dev.made(asset, month)[0] for month in sorted(months)]
        assert firsts == sorted(firsts), f"{asset}: a month was made before the month that it builds on"
    assert dev.log_faults() == []


@dataclass
class Clock:
    """Seconds of each part of the walk."""

    laps: list[tuple[str, float]] = field(default_factory=list)
    last: float = field(default_factory=time.monotonic)

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps.append((name, now - self.last))
        self.last = now

    def report(self) -> str:
        return "\n".join(f"{seconds:7.1f} s  {name}" for name, seconds in self.laps)
