"""What the body of a table's asset is given: a table, or a month of it, while it is made.

It holds the run, the settings and the open warehouse, and does what every table does alike: stage the new rows beside
the table, let them through the gate, replace the old ones in one transaction, show what was made.

    @table_asset(deps=["rfm_scores", window("receipts"), "calendar"])
    def churn_risk(month: Month):
        \"\"\"How it is reckoned, for the UI.\"\"\"
        yield from month.publish(month.stage(), show)

What a single table means does not belong here.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar

import dagster as dg
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import Table, columns, identifier
from crm_assets.contracts.gate import Violation
from crm_assets.defs import shown
from crm_assets.defs.resources import SettingsResource
from crm_assets.months import Snapshot
from crm_assets.receipts.calendar import require_days
from crm_assets.receipts.ledger import RunMark
from crm_assets.receipts.staging import stage_dimension
from crm_assets.receipts.touched import MadeFrom, Part, part_of, whole
from crm_assets.warehouse import Score, Session, read_query

CHECK = "contract"
Shown = Mapping[str, Any]
NOTHING: Shown = MappingProxyType({})
Results = Iterator[dg.AssetCheckResult | dg.MaterializeResult]
W = TypeVar("W", bound="Whole")


class Refused(dg.Failure):
    """The table cannot be made, or must not be: says what, where and the remedy. It is not tried again by itself."""

    def __init__(self, why: str, metadata: Shown = NOTHING) -> None:
        super().__init__(why, metadata=dict(metadata), allow_retries=False)


@dataclass(frozen=True)
class Rows:
    """Staged rows of a further table that is written in the same transaction (a registry, metrics)."""

    contract: type[Table]
    staged: str
    where: str
    parameters: Mapping[str, Any]


MOST_LETTERS_TOLD = 300


@dataclass(frozen=True)
class Whole:
    """A table that is replaced as one.

    Attributes:
        name: of the table, its contract, its query and its asset.
    """

    context: dg.AssetExecutionContext
    settings: SettingsResource
    session: Session
    name: str

    @property
    def contract(self) -> type[Table]:
        return CONTRACTS[self.name]

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """What a query may name: every setting by its own name, and the days of this work."""
        return {**self.settings.parameters, **self.days}

    @property
    def days(self) -> Mapping[str, date]:
        return {"history_start": self.settings.read_source().history.start}

    @property
    def place(self) -> tuple[str, Mapping[str, Any]]:
        """The rows of the table that are replaced: a condition and its parameters."""
        return "true", NOTHING

    # What the session does, with the parameters of this work.

    def rows(self, sql: str, **given: Any) -> list[tuple[Any, ...]]:
        return self.session.rows(sql, **{**self.parameters, **given})

    def scalar(self, sql: str, **given: Any) -> Any:
        return self.session.scalar(sql, **{**self.parameters, **given})

    def frame(self, sql: str, **given: Any) -> pd.DataFrame:
        return self.session.frame(sql, **{**self.parameters, **given})

    def execute(self, sql: str, **given: Any) -> None:
        self.session.execute(sql, **{**self.parameters, **given})

    def as_table(self, sql: str, **given: Any) -> dg.MetadataValue:
        """A query's rows, to be shown."""
        return shown.table_of(self.session, sql, **{**self.parameters, **given})

    def as_bars(self, sql: str, unit: str, *, total: float | None = None, **given: Any) -> dg.MetadataValue:
        """Bars of a query that yields (name, value), to be shown."""
        return shown.bars_of(self.session, sql, unit, total=total, **{**self.parameters, **given})

    # From new rows to the table.

    def stage(self, query: str | None = None, **given: Any) -> str:
        """The new rows, made by ``sql/<name>.sql`` or by another query's text; returns the staged relation."""
        text = read_query(self.name) if query is None else query
        return self.session.stage(self.contract, text, **{**self.parameters, **given})

    def stage_delivered(self) -> str:
        """The new rows of a dimension, made by ``sql/<name>.sql`` from what was delivered last."""
        stage_dimension(self.session, self.settings.staging, self.name)
        return self.stage()

    def stage_frame(self, frame: pd.DataFrame) -> str:
        """The new rows, made in Python: the columns of the contract but for month and as_of, in any order."""
        return self.session.stage_frame(self.contract, self.ready(frame))

    def stage_frames(self, frames: Iterable[pd.DataFrame]) -> str:
        """``stage_frame`` batch by batch, so that one batch is in memory."""
        return self.session.stage_frames(self.contract, (self.ready(frame) for frame in frames))

    def ready(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame as it is staged: the contract's columns in their order."""
        return frame[[c.name for c in columns(self.contract)]]

    def gate(self, check: dg.AssetCheckResult) -> Iterator[dg.AssetCheckResult]:
        """Yield a further check. Where it failed go no further; what it only warns of is told.

        Raises:
            Refused: with the check's description.
        """
        if not check.passed and check.severity is not dg.AssetCheckSeverity.WARN:
            yield check
            raise self.refused(check.description or f"{check.check_name} failed")
        yield from self.noted(check)

    def noted(self, check: dg.AssetCheckResult) -> Iterator[dg.AssetCheckResult]:
        """Yield a further check, and tell where it failed. The rows that follow must be right either way: those of a
        month without the lists that it forbids, for instance."""
        yield check
        if not check.passed:
            self.tell(" ".join([check.description or f"{check.check_name} failed", *_texts(check)]))

    def tell(self, what: str) -> None:
        """Say it where the run is watched: in the UI's log, on the terminal of `crm refresh`."""
        told = textwrap.shorten(what, MOST_LETTERS_TOLD, placeholder=" …")
        self.context.log.warning(f"{self.name}: {told}")

    def refused(self, why: str) -> Refused:
        return Refused(f"{why} The table keeps what it had.")

    def publish(
        self: W, staged: str, show: Callable[[W], Shown], *, also: Sequence[Rows] = (), counted: Shown = NOTHING
    ) -> Results:
        """Gate, write, show.

        Args:
            show: what the UI shows, read when the rows are written.
            counted: what the gate's check says beside the violations.

        Raises:
            Refused: rows break a contract; the failed check lists columns and rules, and nothing is written.
        """
        yield from self._publish([Rows(self.contract, staged, *self.place), *also], show, counted)

    def _publish(
        self: W, written: Sequence[Rows], show: Callable[[W], Shown], counted: Shown, told: Shown = NOTHING
    ) -> Results:
        """The table's own rows are the first of those that are written."""
        if len({rows.staged for rows in written}) < len(written):
            raise ValueError(f"{self.name}: rows of one table were staged twice, the second time over the first")
        found = [v for rows in written for v in self.session.violations(rows.contract, rows.staged)]
        broken = {"broken rules": _listed(found)} if found else {}
        yield dg.AssetCheckResult(
            check_name=CHECK, passed=not found, metadata={"violations": len(found), **counted, **broken}
        )
        if found:
            what = "; ".join(str(v) for v in found)
            raise Refused(f"{what}. Nothing was written; the table keeps what it had.", broken)
        with self.session.transaction():
            for rows in written:
                self.session.replace(rows.contract, rows.staged, rows.where, **rows.parameters)
        condition, parameters = self.place
        stored = self.session.scalar(f"select count(*) from {identifier(self.name)} where {condition}", **parameters)
        shows = {**self.always_shown, **told, **show(self)}
        yield dg.MaterializeResult(metadata={"dagster/row_count": int(stored), **shows})

    @property
    def always_shown(self) -> Shown:
        return NOTHING


@dataclass(frozen=True)
class Month(Whole):
    """A month of a table; nothing after the month's end may be read."""

    @cached_property
    def snapshot(self) -> Snapshot:
        return self.settings.snapshot(self.context.partition_key)

    @property
    def first_day(self) -> date:
        return self.snapshot.month

    @property
    def as_of(self) -> date:
        return self.snapshot.as_of

    @property
    def days(self) -> Mapping[str, date]:
        """``month``, ``month_before``, ``as_of``, ``window_start``, ``history_start``."""
        return self.snapshot.parameters

    @property
    def place(self) -> tuple[str, Mapping[str, Any]]:
        return "month = :month", {"month": self.first_day}

    def ready(self, frame: pd.DataFrame) -> pd.DataFrame:
        return super().ready(of_snapshot(frame, self.snapshot))

    def part(self, readings: str, made_from: MadeFrom) -> Part:
        """Whom this making concerns: everybody, or the customers whose lines changed since the month was made.

        Args:
            readings: the table that remembers from which readings this one was made.
        """
        return part_of(self.session, self.settings.staging, self.name, readings, self.first_day, made_from)

    def publish_part(
        self,
        part: Part,
        readings: str,
        staged: str,
        show: Callable[[Month], Shown],
        *,
        also: Sequence[Rows] = (),
        counted: Shown = NOTHING,
    ) -> Results:
        """``publish`` of the rows of those whom a making concerns, with what they were made from. The tables that are
        written with it are replaced for the same customers.

        Args:
            readings: as for ``part``.
        """
        concerned = [replace(rows, where=f"{rows.where} and {part.condition}") for rows in also]
        rows = f"select count(*) from {whole(self.session, part, self.name, staged, self.first_day)}"
        remembered = part.made_from.remember(self.scalar(rows)) if part.made_from.readings else []
        concerned.append(self.also(readings, remembered))
        condition, parameters = self.place
        own = Rows(self.contract, staged, f"{condition} and {part.condition}", parameters)
        told = "all" if part.customers is None else f"{part.customers:,} whose lines changed"
        yield from self._publish([own, *concerned], show, counted, {"customers made anew": told})

    def stage_scored(self, sql: str, score: Score, size: int, **given: Any) -> str:
        """The new rows, made in Python of a query's rows, batch by batch and where they are: ``Session.stage_scored``.

        Args:
            score: gives the columns of the contract but for month and as_of.
        """
        stamp = {"month": self.first_day, "as_of": self.as_of}
        return self.session.stage_scored(self.contract, sql, score, size, stamp, **{**self.parameters, **given})

    def also(self, table: str, rows: pd.DataFrame | list[dict[str, object]], and_where: str = "true") -> Rows:
        """Rows of a further monthly table, made in Python; none makes the month empty.

        Args:
            and_where: which of the month's rows are this writer's, where a table has several.
        """
        contract = CONTRACTS[table]
        names = [c.name for c in columns(contract) if c.name not in ("month", "as_of")]
        frame = of_snapshot(pd.DataFrame(rows, columns=names), self.snapshot)
        condition, parameters = self.place
        return Rows(contract, self.session.stage_frame(contract, frame), f"{condition} and ({and_where})", parameters)

    def also_query(self, table: str, **given: Any) -> Rows:
        """Rows of a further monthly table, made by ``sql/<table>.sql``."""
        staged = self.session.stage(CONTRACTS[table], read_query(table), **{**self.parameters, **given})
        return Rows(CONTRACTS[table], staged, *self.place)

    def require_days(self) -> None:
        """The calendar holds the days of the snapshot; every query that joins it would find nobody otherwise."""
        require_days(self.session, self.snapshot)

    def refused(self, why: str) -> Refused:
        return Refused(f"{self.first_day:%Y-%m}: {why} The month keeps what it had.")

    @property
    def always_shown(self) -> Shown:
        return {"as_of": str(self.as_of)}


def filled(month: Month, names: Sequence[str]) -> dg.MetadataValue:
    """Of columns of the month's rows: how many rows have a value, and how many values differ."""
    parts = " union all ".join(
        f"select {i} as n, '{name}' as model_column, count(distinct {name}) as different, "
        f"round(100.0 * count({name}) / greatest(count(*), 1), 1) as filled_pct from {month.name} where month = :month"
        for i, name in enumerate(names)
    )
    return month.as_table(f"select model_column, filled_pct, different from ({parts}) order by n")


def of_snapshot(frame: pd.DataFrame, snapshot: Snapshot) -> pd.DataFrame:
    """The frame with the columns that every snapshot carries: month and as_of."""
    return frame.assign(month=pd.Timestamp(snapshot.month), as_of=pd.Timestamp(snapshot.as_of))


def run_mark(context: dg.AssetExecutionContext) -> RunMark:
    """The run, and when it was asked for: Dagster's record, not a clock."""
    began = context.instance.get_run_record_by_id(context.run.run_id).create_timestamp
    return RunMark(context.run.run_id, began.astimezone(UTC).replace(tzinfo=None))


def _listed(found: Sequence[Violation]) -> dg.MetadataValue:
    return dg.MetadataValue.table([dg.TableRecord({**asdict(v), "examples": "; ".join(v.examples)}) for v in found])


def _texts(check: dg.AssetCheckResult) -> list[str]:
    """What a check found, as far as it is text."""
    return [v.value for v in check.metadata.values() if isinstance(v, dg.TextMetadataValue) and v.value]
