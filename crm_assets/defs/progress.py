"""A line per step on the terminal, for runs without the UI. A Dagster logger: it only listens."""

from __future__ import annotations

import logging
import os
from typing import Any

import dagster as dg

PROGRESS = "progress"
_NOT_REACHED = "Dependencies for step"  # what a failed step keeps from being made is said once, by the command


class _StepLines(logging.Handler):
    """Writes steps as they end, warnings, and what the intake says while it reads.

    Straight to a file descriptor: Dagster captures what a step prints, and loses the last lines of it.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.descriptor = descriptor
        self.rows: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is None:
            message = getattr(record, "dagster_meta", {}).get("orig_message", record.getMessage())
            if record.levelno >= logging.INFO and not message.startswith(_NOT_REACHED):
                self._say(f"    {message}")
            return
        if event.event_type_value == "ASSET_MATERIALIZATION":
            count = event.step_materialization_data.materialization.metadata.get("dagster/row_count")
            self.rows[event.step_key] = f"{count.value:>12,} rows" if count else ""
        elif event.event_type_value == "STEP_SUCCESS":
            seconds = event.step_success_data.duration_ms / 1000
            self._say(f"  ✓ {event.step_key:<26}{seconds:7.2f} s {self.rows.get(event.step_key, '')}")
        elif event.event_type_value == "STEP_FAILURE":
            self._say(f"  ✗ {event.step_key}: {_reason(event.step_failure_data)}")

    def _say(self, line: str) -> None:
        os.write(self.descriptor, f"{line}\n".encode())


def _reason(data: Any) -> str:
    """What a user can act on: the failure's own text, or the error that the asset raised, whatever caused it."""
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description
    error = data.error
    while error is not None and error.cause is not None and error.cls_name.startswith("Dagster"):
        error = error.cause
    if error is None:
        return "no reason given"
    return error.message.strip().split(f"{error.cls_name}: ", 1)[-1]


@dg.logger({"descriptor": dg.Field(int, default_value=2)}, description="One line per step: seconds and rows.")
def progress(context: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger(PROGRESS, level=logging.DEBUG)  # steps report on DEBUG
    logger.addHandler(_StepLines(context.logger_config["descriptor"]))
    return logger
