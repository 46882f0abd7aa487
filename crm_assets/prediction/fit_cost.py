"""What fits cost, measured honestly: every one in a process of its own, forked from a small one that did nothing yet.

``measured`` starts that small process (this module's ``main``) once for many fits, hands the matrices over in a
temporary file, the request as JSON, and reads JSON back. A fit's memory is what its process grew by at its highest,
after a first fit on a few rows: else most of a small figure is the library's own code, read from disk (8 of LightGBM's
11 MB on 4,000 rows). Its seconds are the processor's, so that neighbours on a busy machine do not count.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from crm_assets.prediction.algorithms import ALGORITHMS

AT_ONCE = 2  # fits
FEW = 20  # rows of a class in the first fit
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes; ru_maxrss is in kB but on macOS


@dataclass(frozen=True)
class Part:
    """What a fit learns from, and what it is asked: matrices (rows, columns), and the classes of the first's rows."""

    training: np.ndarray
    codes: np.ndarray
    held_out: np.ndarray


@dataclass(frozen=True)
class Fit:
    """A fit to be measured: the algorithm, by name, the name of its part, the recipe's learner, parameters and seed."""

    algorithm: str
    part: str
    learner: str
    parameters: Mapping[str, Any]
    seed: int


@dataclass(frozen=True)
class Cost:
    """What a fit cost, and what it says of the held-out rows.

    Attributes:
        seconds: of the processor, one thread.
        peak_mb: growth of the process at its highest, beyond a fit on a few rows, in 10^6 bytes.
        answers: the class of every held-out row.
    """

    seconds: float
    peak_mb: float
    answers: np.ndarray


def measured(fits: Sequence[Fit], parts: Mapping[str, Part]) -> list[Cost]:
    """The cost of every fit, in their order.

    Raises:
        RuntimeError: this system cannot fork, or a fit failed; says why.
    """
    if not hasattr(os, "fork"):
        raise RuntimeError(
            "memory of a fit is measured in a process forked for it, and this system cannot fork: make this month on "
            "Linux or macOS"
        )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "parts.npz"
        np.savez(file, **{f"{name}/{field}": array for name, p in parts.items() for field, array in vars(p).items()})
        done = subprocess.run(
            [sys.executable, "-P", "-m", __name__, str(file)],  # -P: no module of the working folder
            input=json.dumps([{**vars(fit), "parameters": dict(fit.parameters)} for fit in fits]),
            env={**os.environ, **ONE_THREAD},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"the fits could not be measured: {done.stderr.strip()}")
    return [Cost(**{**found, "answers": np.array(found["answers"], dtype=int)}) for found in json.loads(done.stdout)]


def main() -> None:
    """The small process: fits of standard input, matrices of the named file, costs on standard output."""
    fits = [Fit(**fit) for fit in json.load(sys.stdin)]
    for algorithm in {fit.algorithm for fit in fits}:
        import_module(ALGORITHMS[algorithm].module)  # before the forks, so that it is no fit's memory
    with np.load(sys.argv[1]) as arrays:
        fields = Part.__dataclass_fields__
        parts = {name: Part(**{f: arrays[f"{name}/{f}"] for f in fields}) for name in {fit.part for fit in fits}}
    json.dump(list(_side_by_side([lambda fit=fit: _cost(fit, parts[fit.part]) for fit in fits])), sys.stdout)


def _cost(fit: Fit, part: Part) -> dict[str, Any]:
    algorithm = ALGORITHMS[fit.algorithm]
    few = np.concatenate([np.flatnonzero(part.codes == code)[:FEW] for code in np.unique(part.codes)])
    algorithm.fit(part.training[few], part.codes[few], fit.seed, fit.learner, **{**fit.parameters, **algorithm.briefly})
    level, began = _peak(), time.process_time()
    answers = algorithm.fit(part.training, part.codes, fit.seed, fit.learner, **fit.parameters)
    seconds, peak = time.process_time() - began, _peak() - level
    return {"seconds": seconds, "peak_mb": peak / 1e6, "answers": answers(part.held_out).tolist()}


def _peak() -> int:
    """The most memory that this process held so far, in bytes; a forked one begins with what it was born with."""
    import resource  # no such module where there is no fork

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


def _side_by_side(jobs: Sequence[Callable[[], Any]]) -> Iterator[Any]:
    """What the jobs give, in their order, each from a forked process; ``AT_ONCE`` run at a time."""
    running: deque[tuple[int, int]] = deque()
    for job in jobs:
        if len(running) == AT_ONCE:
            yield _result(*running.popleft())
        running.append(_forked(job))
    while running:
        yield _result(*running.popleft())


def _forked(job: Callable[[], Any]) -> tuple[int, int]:
    """The process that does the job, and where it will write what it found."""
    ours, its = os.pipe()
    process = os.fork()
    if process:
        os.close(its)
        return process, ours
    with open(its, "w", encoding="utf-8") as found:
        json.dump(job(), found)
    os._exit(0)  # an error ends it by itself, and is told on standard error


def _result(process: int, ours: int) -> Any:
    with open(ours, encoding="utf-8") as found:
        text = found.read()
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if code < 0:
        raise SystemExit(
            f"a fit was ended by signal {-code}; where memory was short, lower CRM_MAX_COMPARISON_CUSTOMERS"
        )
    if code:
        raise SystemExit("a fit failed, as told above")
    return json.loads(text)


if __name__ == "__main__":
    main()
