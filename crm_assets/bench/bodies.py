"""The bodies of the assets over one open warehouse, without a run of Dagster's: no events, no processes, no storage.

They are called as the tests call them; what a body needs beside its settings and the warehouse is a context.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module

import dagster as dg

from crm_assets.boosters import load_lightgbm
from crm_assets.definitions import defs
from crm_assets.defs.partitions import MONTHS
from crm_assets.defs.pending import dimensions_of, reads_in_order
from crm_assets.defs.resources import SettingsResource, WarehouseResource, build_resources
from crm_assets.receipts.intake import take_in
from crm_assets.receipts.ledger import RunMark
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, WarehouseError


@dataclass(frozen=True)
class Project:
    """The definitions, loaded: before anything is timed.

    Attributes:
        dimensions, tables: the tables without and with months, those first that others read.
    """

    assets: dict[str, dg.AssetsDefinition]
    dimensions: tuple[str, ...]
    tables: tuple[str, ...]

    @classmethod
    def load(cls) -> Project:
        # What is loaded at first use is loaded now: the instance's parts take 0.4 s, the models' libraries a second.
        load_lightgbm()
        import_module("sklearn.cluster")
        with dg.DagsterInstance.ephemeral():
            graph = defs().resolve_asset_graph()
        reads = reads_in_order(graph)
        order = [key.to_user_string() for key in graph.toposorted_asset_keys]
        return cls(
            {key.to_user_string(): asset for asset in graph.assets_defs for key in asset.keys},
            tuple(dimensions_of(graph)),
            tuple(name for name in order if name in reads),
        )

    @property
    def months(self) -> tuple[str, ...]:
        """The months of history, by their first days."""
        return tuple(MONTHS.get_partition_keys())


@dataclass(frozen=True)
class Bodies:
    """The bodies at work in the data folder of the environment."""

    project: Project
    settings: SettingsResource
    warehouse: WarehouseResource
    instance: dg.DagsterInstance

    @classmethod
    @contextmanager
    def opened(cls, project: Project) -> Iterator[Bodies]:
        """The warehouse is opened by the first body and closed, so written back, on leaving."""
        resources = build_resources(Settings.read())
        warehouse = resources["warehouse"]
        with dg.DagsterInstance.ephemeral() as instance:
            warehouse.setup_for_execution(None)
            try:
                yield cls(project, resources["settings"], warehouse, instance)
            finally:
                warehouse.teardown_after_execution(None)

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self.warehouse.session() as session:
            yield session

    def take_in(self) -> None:
        """Read the new files of the landing folder.

        Raises:
            WarehouseError: one of them was refused.
        """
        mark = RunMark("bench", datetime.now(UTC).replace(tzinfo=None))
        with self.session() as session:
            intake = take_in(session, self.settings.read_source(), self.settings, mark)
        if intake.refused:
            raise WarehouseError(f"refused: {'; '.join(intake.refused.values())}")

    def make_dimensions(self) -> None:
        for name in self.project.dimensions:
            self.make(name)

    def make(self, name: str, months: Sequence[str | None] = (None,), **settings: object) -> None:
        """A table, month by month, or as a whole.

        Args:
            settings: that differ from the environment's.
        """
        given = self.settings.model_copy(update=settings)
        # Not the asset itself: called, it would set up its resources, and so open the warehouse, for each month anew.
        make = self.project.assets[name].op.compute_fn.decorated_fn
        for month in months:
            with dg.build_asset_context(partition_key=month, instance=self.instance) as context:
                for _ in make(context, given, self.warehouse):
                    pass
