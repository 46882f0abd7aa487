"""How a table becomes an asset: one decorator that knows the contract, the file and the folder.

``crm_assets/defs/retention/churn_risk.py`` holds the function ``churn_risk``: so the asset is ``churn_risk`` in the
group ``retention``, and its shape, months, description and gate come from the contract of that name. What a body can
do is in ``making``; what a single table needs and shows is in its own file.
"""

import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import Table, columns, is_monthly, key
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.making import CHECK, Month, Refused, Whole
from crm_assets.defs.partitions import MONTHS, SETTINGS
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.tags import BEFORE_PREDICTIONS, BUILDS_ON_MONTH_BEFORE, DIMENSION, FIRST_IN_RUN, MONTHLY
from crm_assets.warehouse import WarehouseError

POOL = "duckdb"  # one run at a time: the engine admits one writer
OWNER = "team:crm-data"
CALENDAR = "calendar"
ALSO = "also writes"  # metadata of an asset: the further tables

Body = Callable[[Any], Iterator[dg.AssetCheckResult | dg.MaterializeResult]]


def table_asset(
    *,
    deps: Sequence[str | dg.AssetDep] = (),
    kinds: Collection[str] = ("duckdb",),
    checks: Sequence[str] = (),
    also: Sequence[str] = (),
    dimension: bool = False,
    by_sensor: bool = False,
    builds_on_month_before: bool = False,
) -> Callable[[Body], dg.AssetsDefinition]:
    """The asset of the table that the body is named after. The body is a generator that is given a ``Month`` of the
    table, or, where the contract is not monthly, a ``Whole``; within it the warehouse is open.

    Args:
        deps: the tables that it reads; which months of them is said by ``window``, ``history`` and ``two_months``. A
            month that reads the calendar is not made without its days there.
        kinds: what the UI marks it with.
        checks: names of further checks that the body yields beside the gate.
        also: further tables that are written with it, or whose rows are in part its own: what reads those reads it.
        dimension: it is made when an intake touches it.
        by_sensor: a month of it is made when a sensor asks for it, not by itself when what it reads is made anew.
        builds_on_month_before: it continues what its own month before left, so months are made in order.
    """

    def declare(body: Body) -> dg.AssetsDefinition:
        name, group = body.__name__, body.__module__.split(".")[-2]
        reads = {dep if isinstance(dep, str) else dep.asset_key.to_user_string() for dep in deps}
        contract, *_ = map(_contract, (name, *reads, *also))
        work, partitions = (Month, MONTHS) if is_monthly(contract) else (Whole, None)

        def make(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
            _require_those_of_the_load(settings)
            try:
                with warehouse.session() as session:
                    making = work(context, settings, session, name)
                    if isinstance(making, Month) and CALENDAR in reads:
                        making.require_days()
                    yield from body(making)
            except WarehouseError as error:  # its text says what, where and the remedy: no trace is needed
                raise Refused(str(error)) from error

        tags = {MONTHLY: partitions is not None, DIMENSION: dimension, BUILDS_ON_MONTH_BEFORE: builds_on_month_before}
        return dg.asset(
            name=name,
            group_name=group,
            deps=deps,
            kinds={SETTINGS.engine if kind == "duckdb" else kind for kind in kinds},
            owners=[OWNER],
            tags=dict(tag for tag, holds in tags.items() if holds),
            op_tags=FIRST_IN_RUN if name in BEFORE_PREDICTIONS else None,
            pool=POOL,
            partitions_def=partitions,
            backfill_policy=dg.BackfillPolicy.multi_run(1) if partitions else None,
            automation_condition=on_new_months() if partitions and not by_sensor else None,
            description=f"{contract.__doc__}\n\n{body.__doc__ or ''}".strip(),
            metadata={"dagster/column_schema": _schema(contract), "dagster/table_name": name, **_written(also)},
            check_specs=[_check(name, check, partitions) for check in (CHECK, *checks)],
        )(make)

    return declare


def _written(also: Sequence[str]) -> dict[str, str]:
    return {ALSO: ", ".join(also)} if also else {}


def _contract(table: str) -> type[Table]:
    """
    Raises:
        ValueError: there is no contract of that name, or it has no key of its columns.
    """
    if table not in CONTRACTS:
        near = get_close_matches(table, CONTRACTS, 1)
        raise ValueError(
            f"there is no contract of a table {table}{f': did you mean {near[0]}?' if near else '.'} A table is named "
            "alike in contracts/<table>.py (class in CamelCase), defs/<group>/<table>.py and its function, and in deps."
        )
    contract = CONTRACTS[table]
    names = {c.name for c in columns(contract)}
    if not key(contract) or not set(key(contract)) <= names:
        raise ValueError(
            f"the contract of {table} has the key {key(contract)}: it must name columns of the table, "
            'class … (SnapshotTable, key=["month", …])'
        )
    return contract


def _require_those_of_the_load(settings: SettingsResource) -> None:
    """Which months an asset reads was declared when Dagster loaded the project, by the environment of then."""
    for name in ("source", "history_start", "history_end", "window_months", "lifestyle_months"):
        given, loaded = getattr(settings, name), getattr(SETTINGS, name)
        if given != loaded:
            raise Refused(
                f"{name} is {given!r} in this run, but was {loaded!r} when Dagster was loaded, and which months a "
                f"table reads depends on it. Leave it in the launchpad; set CRM_{name.upper()} and start Dagster anew."
            )


def _check(asset: str, name: str, partitions: dg.PartitionsDefinition | None) -> dg.AssetCheckSpec:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)  # partitioned checks are a preview in 1.13
        return dg.AssetCheckSpec(
            name,
            asset=asset,
            partitions_def=partitions,
            description="Rows that break the contract are never written." if name == CHECK else None,
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
