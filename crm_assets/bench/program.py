"""The programs that are measured, each in a process of its own:
``python -m crm_assets.bench.program NAME TOLD.json '{"argument": …}'``.

A program first prepares (imports, definitions), untimed; then it works, and writes what that took, and what it has to
tell, to ``TOLD.json``. It finds its data folder by the environment.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from crm_assets.bench.measuring import cpu_seconds

Work = Callable[[], dict[str, Any] | None]


def stage(stage: str) -> Work:
    """A stage of the pipeline, by ``stages``."""
    from crm_assets.bench.stages import work_of

    return _over_bodies(work_of(stage))


def whole() -> Work:
    """Landed files to reports in one process."""
    from crm_assets.bench.stages import whole

    return _over_bodies(whole)


def published() -> Work:
    """Landed files to RFM, types and features of everybody."""
    from crm_assets.bench.published import from_landed_to_types_and_features

    return _over_bodies(from_landed_to_types_and_features)


def bare(landing: str) -> Work:
    """The bare engine on the landed files."""
    from crm_assets.bench.bare import lines_and_receipts

    return lambda: lines_and_receipts(Path(landing))


def increment(months: int | None) -> Work:
    """Landed files to features, of the last months that they touched."""
    from crm_assets.bench.increments import from_landed_to_features

    return _over_bodies(lambda bodies: from_landed_to_features(bodies, months))


def before_increment() -> Work:
    """The shop before the last month lands."""
    from crm_assets.bench.increments import up_to_month_before

    return _over_bodies(up_to_month_before)


def months(first: int) -> Work:
    """Landed files to reports of the first months, as ``crm refresh --months`` makes them."""
    from crm_assets.bench.dagster_cost import first_months

    return _over_bodies(lambda bodies: first_months(bodies, first))


def export(folder: str) -> Work:
    """The lines and what the ways read beside them, as Parquet."""
    from crm_assets.bench.peers.inputs import export

    return _over_bodies(lambda bodies: export(bodies, Path(folder)))


def files(made: str, **given: str | int) -> Work:
    """Files to measure on: not measured, but in a process of its own, since one that is started seems to have held
    what the one that started it held."""
    from crm_assets.bench import sample

    return lambda: getattr(sample, made)(**given)


def way(module: str, folder: str) -> Work:
    """A way from the lines to RFM and features, or to rules: ours, the scan, a peer's."""
    measured = import_module(module).measured
    return lambda: measured(Path(folder))


PROGRAMS: dict[str, Callable[..., Work]] = {
    made.__name__: made
    for made in (stage, whole, published, bare, increment, before_increment, months, files, export, way)
}


def _over_bodies(work: Callable[[Any], dict[str, Any] | None]) -> Work:
    from crm_assets.bench.bodies import Bodies, Project

    project = Project.load()

    def at_work() -> dict[str, Any] | None:
        with Bodies.opened(project) as bodies:
            return work(bodies)

    return at_work


def main(name: str, told: str, given: str) -> None:
    work = PROGRAMS[name](**json.loads(given))
    prepared = cpu_seconds()
    began = perf_counter()
    words = work() or {}
    measured = {"wall": perf_counter() - began, "cpu": cpu_seconds() - prepared, "prepared_cpu": prepared}
    Path(told).write_text(json.dumps({**words, **measured}))


if __name__ == "__main__":
    main(*sys.argv[1:])
