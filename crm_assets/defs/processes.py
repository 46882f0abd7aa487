"""Runs of the command line and the processes that they go on in: a killed one cannot say that it ended."""

from __future__ import annotations

import os
import socket

import dagster as dg

PROCESS = "crm/process"  # tag of a run of the command line: the process that it goes on in


def close_runs_of_the_dead(instance: dg.DagsterInstance) -> None:
    """A run whose process was killed never says that it ended: it would hold its place in the queue for good. Only runs
    of the command line are known by their process; those of the UI are looked after by Dagster."""
    going_on = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    for run in instance.get_runs(going_on):
        host, _, process = run.tags.get(PROCESS, "").rpartition(":")
        if host == socket.gethostname() and not _is_alive(int(process)):
            instance.report_run_failed(run, "its process was killed; the next refresh finishes its work")


def this_process() -> str:
    """The value of the tag ``PROCESS``: host and number."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
