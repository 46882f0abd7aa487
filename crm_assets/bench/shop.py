"""A shop: a data folder of its own with a Dagster home in it, found by the environment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from crm_assets.settings import PROJECT_DIR

S = TypeVar("S", bound="Shop")


@dataclass(frozen=True)
class Shop:
    """Where files land and tables are made.

    Attributes:
        variables: settings of its own, as environment variables.
    """

    root: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def landing(self) -> Path:
        return self.data / "landing"

    @property
    def environment(self) -> dict[str, str]:
        """That of this process, without its own settings of the project."""
        # Nor a word against bytecode: a hundred processes would compile the project, each for itself.
        ours = ("CRM_", "DAGSTER_", "PYTHONDONTWRITEBYTECODE")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        own = {"CRM_DATA_DIR": str(self.data), "DAGSTER_HOME": str(self.root / "home")}
        # The project need not be installed, only be where this process found it.
        paths = os.pathsep.join(filter(None, [str(PROJECT_DIR), os.environ.get("PYTHONPATH")]))
        return {**kept, **own, "PYTHONPATH": paths, **self.variables}

    def furnish(self) -> None:
        """A home with the project's ``dagster.yaml``, unless it has one."""
        home = self.root / "home"
        home.mkdir(parents=True, exist_ok=True)
        if not (home / "dagster.yaml").exists():
            shutil.copy(PROJECT_DIR / "dagster_home" / "dagster.yaml", home)

    def begin(self: S, *landed: Path) -> S:
        """The shop without anything but the files of these folders, which have landed."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.landing.mkdir(parents=True)
        self.furnish()
        self.land(*landed)
        return self

    def land(self, *folders: Path) -> None:
        """Further files land: as links, since nobody writes into a landed file."""
        for folder in folders:
            for file in sorted(folder.iterdir()):
                os.link(file, self.landing / file.name)

    def copy(self: S, root: Path, **variables: str) -> S:
        """The same shop elsewhere, in the place of what is there, to be changed."""
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.root, root)
        return type(self)(root, {**self.variables, **variables})
