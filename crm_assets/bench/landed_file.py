"""What Dagster costs: from a file in the landing folder to refreshed predictions in the running UI, part by part.

The UI is started as ``make ui`` does, on a sample that is refreshed already; a late file lands in its last month, and
the sensors do the rest. When what happened is asked of the UI's own GraphQL, once it is over, so that asking costs next
to nothing meanwhile. The times are those of Dagster's events. Nothing of the pipeline's own cost is measured here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm_assets.bench.dagster_dev import ask, started
from crm_assets.bench.shop import Shop
from crm_assets.settings import PROJECT_DIR

PREDICTIONS = "new_customer_predictions"
LINES = "LPOINT_BIG_COMP_02_PDDE"  # the sample's file of lines; a late one is named after it
PATIENCE = 400.0  # seconds until a wait is given up
REST = 60.0  # seconds for which the UI is watched while nothing is new
LOOKS = ("landing_folder", "ledger", "publication", "snapshots")  # the sensors

# Steps as a month has them, but that do nothing: a process of its own, because Dagster finds its home once.
EMPTY_STEPS = """
import time
import dagster as dg

def step(n):
    @dg.asset(name=f"step{n}", check_specs=[dg.AssetCheckSpec("contract", asset=f"step{n}")])
    def made():
        yield dg.AssetCheckResult(passed=True)
        yield dg.MaterializeResult(metadata={"dagster/row_count": n})
    return made

steps = [step(n) for n in range(60)]
with dg.DagsterInstance.get() as instance:
    dg.materialize(steps[:1], instance=instance)  # what the first one loads is no step's
    began = time.process_time()
    dg.materialize(steps, instance=instance)
    print((time.process_time() - began) / len(steps))
"""

RUNS = """{ runsOrError(limit: 50) { ... on Runs { results {
    id jobName status creationTime tags { key value } } } } }"""
EVENTS = """query ($run: ID!, $after: String) { logsForRun(runId: $run, afterCursor: $after) { ... on EventConnection {
    cursor hasMore events { __typename ... on MessageEvent { timestamp stepKey } } } } }"""
TICKS = """query ($sensor: String!, $after: Float) { sensorOrError(sensorSelector: { sensorName: $sensor,
    repositoryLocationName: "crm_assets", repositoryName: "__repository__" }) { ... on Sensor { sensorState {
    ticks(afterTimestamp: $after) { timestamp endTimestamp status runIds } } } } }"""


@dataclass(frozen=True)
class Run:
    """A run: when it was asked for, and its events as (kind, step, seconds since the epoch), first to last."""

    job: str
    month: str
    asked: float
    events: tuple[tuple[str, str, float], ...]

    def when(self, kind: str, step: str = "") -> float:
        """The first event of a kind; of a step where one is named.

        Raises:
            ValueError: there is none.
        """
        for name, of, at in self.events:
            if name == kind and step in ("", of):
                return at
        raise ValueError(f"run of {self.job} {self.month} has no {kind} {step}: look at it in the UI")

    @property
    def started(self) -> float:
        return self.when("RunStartEvent")

    @property
    def ended(self) -> float:
        return self.when("RunSuccessEvent")

    @property
    def steps(self) -> int:
        return sum(name == "ExecutionStepSuccessEvent" for name, *_ in self.events)


@dataclass(frozen=True)
class Landed:
    """Figures by what they are of.

    Attributes:
        seconds: from the landed file to the predictions.
        parts: what they are made up of, in seconds, in their order; then what follows them.
        rest: what else Dagster costs: CPU of a step that does nothing, of the UI at rest, seconds of a sensor's look.
    """

    seconds: float
    parts: Mapping[str, float]
    rest: Mapping[str, float]

    def as_text(self) -> str:
        lines = [f"{self.seconds:8.1f} s  from a file in the landing folder to {PREDICTIONS}"]
        lines += [f"{seconds:8.1f} s    {part}" for part, seconds in self.parts.items()]
        lines += [f"{figure:8.3f}    {name}" for name, figure in self.rest.items()]
        return "\n".join(lines)


def measure_landed_file(root: Path, customers: int, progress: Callable[[str], None]) -> Landed:
    """Make the sample in ``root/data`` and refresh it, unless that was done; then measure a late file.

    Raises:
        RuntimeError: a command failed, or the UI did not do in time what was waited for.
    """
    shop = Shop(root)
    shop.furnish()
    if not (shop.data / "published.duckdb").exists():
        progress(f"sample of {customers:,} customers, refreshed")
        for words in (["demo", "--customers", str(customers)], ["refresh"]):
            _succeed([sys.executable, "-m", "crm_assets.cli", *words], shop.environment)
    with _ui(shop) as ui:
        progress("the UI answers; its sensors look for the first time")
        ui.wait("the first intake", lambda: "intake" in {r["jobName"] for r in ui.ended_runs()})
        ui.wait("rest", lambda: ui.at_rest(5 * 4))
        known = {r["id"] for r in ui.ended_runs()}
        rest = {"CPU seconds of an empty step": _empty_step(shop), **_at_rest(ui)}
        progress("a late file lands")
        landed = _land(shop.landing)
        ui.wait("the copy for readers", lambda: "publish" in {r["jobName"] for r in ui.ended_runs(known)})
        runs = [ui.run(r) for r in ui.ended_runs(known)]
        seen = min(t["timestamp"] for t in ui.ticks("landing_folder", landed))
        # Newest first: of several months the first is the one that the file touched.
        return Landed(*parts_of(landed, seen, {r.job: r for r in runs}), rest)


def parts_of(landed: float, seen: float, runs: Mapping[str, Run]) -> tuple[float, dict[str, float]]:
    """Seconds from the landed file to the predictions, and the parts that they and what follows are made up of.

    Args:
        landed, seen: when the file had landed, and when the sensor first looked after that; seconds since the epoch.
        runs: job → its run; ``dimensions`` only where the file touched one.
    """
    intake, month, publish = runs["intake"], runs["month"], runs["publish"]
    made = month.when("MaterializationEvent", PREDICTIONS)
    parts = {
        "the sensor sees the file": seen - landed,
        "the file has settled": intake.asked - seen,
        **_run_parts("intake", intake),
        "the sensor sees the intake": month.asked - intake.ended,
    }
    waited = month.asked
    if dimensions := runs.get("dimensions"):
        parts |= _run_parts("dimensions", dimensions)
        waited = dimensions.ended
        parts["the sensor sees the intake"] = dimensions.asked - intake.ended
    parts |= {
        "month: in the queue": month.when("RunStartingEvent") - waited,
        "month: its process starts": month.started - month.when("RunStartingEvent"),
        "month: steps up to the predictions": made - month.started,
    }
    after = {
        f"then: the rest of the month's {month.steps} steps": month.ended - made,
        "then: the copy for readers is asked for": publish.asked - month.ended,
        "then: the copy for readers": publish.ended - publish.asked,
    }
    return made - landed, parts | after


def _run_parts(name: str, run: Run) -> dict[str, float]:
    starting = run.when("RunStartingEvent")
    return {
        f"{name}: in the queue": starting - run.asked,
        f"{name}: its process starts": run.started - starting,
        f"{name}: what it makes": run.ended - run.started,
    }


def _at_rest(ui: _Ui) -> dict[str, float]:
    """CPU of the UI's processes while nothing is new, and how long the sensors look."""
    began, cpu = time.time(), ui.cpu()
    time.sleep(REST)
    figures = {"CPU seconds a second at rest": (ui.cpu() - cpu) / (time.time() - began)}
    for sensor in LOOKS:
        looks = [t["endTimestamp"] - t["timestamp"] for t in ui.ticks(sensor, began) if t["endTimestamp"]]
        figures[f"seconds of a look of {sensor}"] = sum(looks) / max(len(looks), 1)
        figures[f"looks a minute of {sensor}"] = len(looks) * 60 / REST
    return figures


def _empty_step(shop: Shop) -> float:
    """What Dagster takes for a step beside the step's own work: events, checks, resources."""
    beside = Shop(shop.root / "steps", {"CRM_DATA_DIR": str(shop.data)})
    beside.furnish()
    return float(_succeed([sys.executable, "-c", EMPTY_STEPS], beside.environment).splitlines()[-1])


def _land(landing: Path) -> float:
    """Two receipts of a customer never seen, in the last month, named as one delivery; when they had landed."""
    header, *lines = (landing / f"{LINES}.csv").read_text(encoding="utf-8").splitlines()
    names = header.split(",")
    last = max(lines, key=lambda line: line.split(",")[names.index("de_dt")]).split(",")
    shape = dict(zip(names, last, strict=True))
    rows = [{**shape, "cust": "M999999999", "rct_no": f"{shape['cop_c']}{time.time_ns()}{n}"} for n in (1, 2)]
    part = landing / ".late.part"
    part.write_text("\n".join([header, *(",".join(row.values()) for row in rows)]) + "\n", encoding="utf-8")
    os.replace(part, landing / f"{LINES}_late_{time.time_ns()}.csv")
    return time.time()


class _Ui:
    """``dagster dev`` as ``make ui`` starts it, and its answers."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port, self.process = port, process

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        return ask(self.port, query, **variables)

    def listens(self) -> bool:
        """Whether it answers; while it starts, nobody does at its address."""
        try:
            return bool(self.ask("{ version }"))
        except OSError:
            return False

    def ended_runs(self, known: frozenset[str] | set[str] = frozenset()) -> list[dict[str, Any]]:
        """The newest runs that have ended, newest first, but for the known ones.

        Raises:
            RuntimeError: one of them failed.
        """
        runs = [r for r in self.ask(RUNS)["runsOrError"]["results"] if r["id"] not in known]
        if failed := [f"{r['jobName']} {r['id']}" for r in runs if r["status"] in ("FAILURE", "CANCELED")]:
            raise RuntimeError(f"runs failed: {', '.join(failed)}")
        return [r for r in runs if r["status"] == "SUCCESS"]

    def at_rest(self, seconds: float) -> bool:
        """Whether no run waits or goes on, and none was asked for in the last seconds."""
        runs = self.ask(RUNS)["runsOrError"]["results"]
        over = all(r["status"] in ("SUCCESS", "FAILURE", "CANCELED") for r in runs)
        return over and time.time() - max(r["creationTime"] for r in runs) > seconds

    def run(self, found: Mapping[str, Any]) -> Run:
        events, after, more = [], None, True
        while more:
            page = self.ask(EVENTS, run=found["id"], after=after)["logsForRun"]
            events += [
                (e["__typename"], e.get("stepKey") or "", float(e["timestamp"]) / 1000)
                for e in page["events"]
                if "timestamp" in e
            ]
            after, more = page["cursor"], page["hasMore"]
        month = next((t["value"] for t in found["tags"] if t["key"] == "dagster/partition"), "")
        return Run(found["jobName"], month, found["creationTime"], tuple(events))

    def ticks(self, sensor: str, after: float) -> list[dict[str, Any]]:
        state = self.ask(TICKS, sensor=sensor, after=after)["sensorOrError"]["sensorState"]
        return state["ticks"]

    def wait(self, what: str, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError("dagster dev has ended; its words are in dagster-dev.log")
            if until():
                return
            time.sleep(2)
        raise RuntimeError(f"{what}: not within {PATIENCE:.0f} s; dagster-dev.log tells what the UI did")

    def cpu(self) -> float:
        """CPU seconds of its processes so far; children that have ended count with their parents."""
        ticks, parents = {}, {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended while we looked
            parents[int(stat.parent.name)] = int(fields[1])
            ticks[int(stat.parent.name)] = sum(map(int, fields[11:15]))
        own = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in own} - own:
            own |= more
        return sum(ticks.get(pid, 0) for pid in own) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _ui(shop: Shop) -> Iterator[_Ui]:
    process, port = started(shop)
    ui = _Ui(port, process)
    try:
        ui.wait("the UI", ui.listens)
        yield ui
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _succeed(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, env=environment, cwd=PROJECT_DIR, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
