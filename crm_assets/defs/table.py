"""What every table's asset does alike, written once: its declaration, its gate, its one transaction.

``table_asset`` declares an asset from its contract; ``publish`` checks the staged rows against the contract, refuses
them with the counts and first examples, or replaces the table (a month of it) and shows what was made. What a single
table needs and shows is in its own file.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from types import MappingProxyType
from typing import Any

import dagster as dg
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import Table, columns, is_monthly
from crm_assets.contracts.gate import Violation
from crm_assets.defs.partitions import MONTHS
from crm_assets.months import Snapshot
from crm_assets.receipts.ledger import RunMark
from crm_assets.warehouse import Session

CHECK = "contract"
POOL = "duckdb"  # one run at a time: the engine admits one writer
OWNER = "team:crm-data"
MONTHLY = ("crm/partitions", "months")  # tag of every table that is made month by month: what the job `month` makes
Shown = Mapping[str, Any]
NOTHING: Shown = MappingProxyType({})
BY_SENSOR = None  # no condition of its own: a sensor asks for it


@dataclass(frozen=True)
class Rows:
    """Staged rows of a further table that an asset writes in the same transaction (a registry, metrics)."""

    contract: type[Table]
    staged: str
    where: str
    parameters: Mapping[str, Any]


def table_asset(
    name: str,
    *,
    group: str,
    deps: Sequence[Any] = (),
    kinds: frozenset[str] = frozenset({"duckdb"}),
    condition: dg.AutomationCondition | None = BY_SENSOR,
    checks: Sequence[str] = (),
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """An asset whose table is the contract ``name``: partitions, gate, schema and description come from it.

    Args:
        checks: names of further checks that the body yields beside the gate.
    """
    contract = CONTRACTS[name]
    partitions = MONTHS if is_monthly(contract) else None

    def declare(body: Callable[..., Any]) -> dg.AssetsDefinition:
        return dg.asset(
            name=name,
            group_name=group,
            deps=deps,
            kinds=set(kinds),
            owners=[OWNER],
            tags=dict([MONTHLY]) if partitions else None,
            pool=POOL,
            partitions_def=partitions,
            backfill_policy=dg.BackfillPolicy.multi_run(1) if partitions else None,
            automation_condition=condition,
            description=f"{contract.__doc__}\n\n{body.__doc__ or ''}".strip(),
            metadata={"dagster/column_schema": _schema(contract), "dagster/table_name": name},
            check_specs=[_check(name, check, partitions) for check in (CHECK, *checks)],
        )(body)

    return declare


def _check(asset: str, name: str, partitions: dg.PartitionsDefinition | None) -> dg.AssetCheckSpec:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)  # partitioned checks are a preview in 1.13
        return dg.AssetCheckSpec(
            name,
            asset=asset,
            partitions_def=partitions,
            description="Rows that break the contract are never written." if name == CHECK else None,
        )


def publish(
    context: dg.AssetExecutionContext,
    session: Session,
    staged: str,
    show: Callable[[Session], Shown],
    *,
    also: Sequence[Rows] = (),
    where: str | None = None,
    counted: Shown = NOTHING,
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult]:
    """Gate, write, show. Staged rows that break a contract are refused and the table stays as it was.

    Args:
        counted: what the check says beside the violations.

    Raises:
        dg.Failure: the rows break their contract; the failed check lists the columns and rules.
    """
    name = context.asset_key.path[-1]
    contract = CONTRACTS[name]
    found = [*session.violations(contract, staged)]
    for rows in also:
        found += session.violations(rows.contract, rows.staged)
    yield dg.AssetCheckResult(
        check_name=CHECK,
        passed=not found,
        metadata={"violations": len(found), **counted, **_violation_table(found)},
    )
    if found:
        raise dg.Failure(
            f"{name}: {'; '.join(str(v) for v in found)}. Nothing was written; the table keeps what it had.",
            metadata=_violation_table(found),
            allow_retries=False,
        )
    month = context.partition_key if context.has_partition_key else None
    with session.transaction():
        if month is None:
            count = session.replace(contract, staged, where or "true")
        else:
            count = session.replace(contract, staged, "month = cast(:month as date)", month=month)
        for rows in also:
            session.replace(rows.contract, rows.staged, rows.where, **rows.parameters)
    yield dg.MaterializeResult(metadata={"dagster/row_count": count, **show(session)})


def run_mark(context: dg.AssetExecutionContext) -> RunMark:
    """The run, and when it was asked for: Dagster's record, not a clock."""
    began = context.instance.get_run_record_by_id(context.run_id).create_timestamp
    return RunMark(context.run_id, began.astimezone(UTC).replace(tzinfo=None))


def of_snapshot(frame: pd.DataFrame, snapshot: Snapshot) -> pd.DataFrame:
    """The frame with the columns that every snapshot carries: month and as_of."""
    return frame.assign(month=pd.Timestamp(snapshot.month), as_of=pd.Timestamp(snapshot.as_of))


def month_rows(
    session: Session,
    table: str,
    snapshot: Snapshot,
    rows: pd.DataFrame | list[dict[str, object]],
    and_where: str = "true",
) -> Rows:
    """A month's rows of a further table, made in Python, for ``publish(also=…)``."""
    contract = CONTRACTS[table]
    names = [c.name for c in columns(contract) if c.name not in ("month", "as_of")]
    frame = of_snapshot(pd.DataFrame(rows, columns=names), snapshot)
    return Rows(
        contract,
        session.stage_frame(contract, frame),
        f"month = :month and {and_where}",
        {"month": snapshot.month},
    )


def _schema(contract: type[Table]) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                c.name,
                c.sql_type,
                c.description + (f" [{c.unit}]" if c.unit else ""),
                constraints=dg.TableColumnConstraints(nullable=c.nullable),
            )
            for c in columns(contract)
        ]
    )


def _violation_table(found: list[Violation]) -> dict[str, Any]:
    if not found:
        return {}
    return {
        "broken rules": dg.MetadataValue.table(
            [
                dg.TableRecord({"column": v.column, "rule": v.rule, "rows": v.rows, "examples": "; ".join(v.examples)})
                for v in found
            ]
        )
    }
