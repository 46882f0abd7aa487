"""Every knob of the project, typed, documented and overridable.

A value comes from the environment (``CRM_<NAME>``, for instance ``CRM_WINDOW_MONTHS=6``), from the
launchpad of the Dagster UI (the resource ``settings``) or from its default here. Nothing else belongs in
this module: what a source looks like is in its mapping file, texts and personas are in ``data/reference``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, ValidationError, field_validator

from crm_assets.settings.leads import OfLeads
from crm_assets.settings.lifestyle import OfLifestyle
from crm_assets.settings.marketing import OfMarketing
from crm_assets.settings.merchandising import OfMerchandising
from crm_assets.settings.prediction import OfPrediction
from crm_assets.settings.retention import OfRetention
from crm_assets.settings.segmentation import OfSegmentation

OF_THE_TESTS = frozenset({"CRM_TEST_DATA", "CRM_REQUIRE_DATA", "CRM_SCREENSHOTS"})
PROJECT_DIR = Path(__file__).resolve().parents[2]


class SettingsError(ValueError):
    """A setting that cannot be used: says which, its value and the remedy."""


class Settings(OfSegmentation, OfPrediction, OfRetention, OfLifestyle, OfMerchandising, OfLeads, OfMarketing):
    """The knobs, those of a room in its module. Paths are strings and dates are ISO strings: the launchpad knows no
    others."""

    source: str = Field("lpoint", description="name of the mapping file in data/reference/sources")
    data_dir: str = Field(str(PROJECT_DIR / "data"), description="folder of landing, staging, warehouse, …")
    reference_dir: str = Field(
        str(PROJECT_DIR / "data" / "reference"), description="mapping files, bands, personas, texts"
    )
    history_start: str | None = Field(None, description="first day of history; none = the source's own")
    history_end: str | None = Field(None, description="last day of history; none = the source's own")
    language: Literal["ko", "en"] = Field("ko", description="language of the names of types in the tables")
    returns: Literal["apart", "netted"] = Field(
        "apart",
        description="cancellations are rows of the type return, in no count of receipts; netted = RFM's monetary is "
        "less them, at least 0",
    )
    negative_amounts: Literal["quarantine", "return"] = Field(
        "quarantine", description="what a row below 0 is that the mapping calls no return"
    )
    zero_amounts: Literal["quarantine", "load"] = Field(
        "quarantine", description="what becomes of a row whose amount is 0, a gift for instance"
    )
    future_dates: Literal["quarantine", "load"] = Field(
        "quarantine", description="what becomes of a row later than the day after its file landed"
    )
    unknown_products: Literal["load", "refuse"] = Field(
        "load", description="lines of products that no file describes; refuse = their month is not made"
    )
    unknown_branches: Literal["load", "refuse"] = Field(
        "load", description="lines of branches that no file describes; refuse = their month is not made"
    )
    unknown_customers: Literal["load", "refuse"] = Field(
        "load", description="customers whom no file describes; refuse = their month is not made"
    )

    window_months: int | None = Field(
        12, ge=1, description="months that RFM and profiles look back on; none = all history"
    )
    count_wallet_as_purchase: bool = Field(
        False,
        description="wallet payments count as receipts (S0's authors did) instead of marking wallet use",
    )
    new_customer_max_receipts: int = Field(
        3, ge=1, description="a customer with at most this many receipts since history_start is new"
    )
    sample_weight: float = Field(
        1.0, gt=0, description="members that a customer of the data stands for; 20 for a sample of 5 % as S1's"
    )

    engine: Literal["duckdb", "spark"] = Field(
        "duckdb", description="what computes and keeps the tables: one file of DuckDB, or Spark over Parquet"
    )
    spark_master: str = Field("local[*]", description="where Spark runs: local[*], spark://host:7077, yarn, k8s://…")
    spark_conf: str = Field("", description="further settings of Spark: spark.key=value;spark.other=value")
    seed: int = Field(42, ge=0, description="seed of every random draw")
    lock_wait_seconds: float = Field(
        600, ge=0, description="how long to wait for another writer; it keeps the warehouse for a whole run"
    )
    memory_limit: str = Field("3GB", description="what the engine holds in memory before it spills to disk")

    model_config = ConfigDict(extra="forbid")

    @field_validator(
        "history_start",
        "history_end",
        "window_months",
        "k",
        "low_value_amount",
        "rule_min_support",
        mode="before",
    )
    @classmethod
    def _none_is_a_value(cls, value: object) -> object:
        return None if isinstance(value, str) and value.strip().lower() in {"", "none"} else value

    @field_validator("data_dir")
    @classmethod
    def _no_pattern(cls, value: str) -> str:
        # The engine reads these characters in a path as a pattern that names several files.
        if set(value) & set("*?[]{}"):
            raise ValueError("the path of the data folder must not hold any of * ? [ ] { }")
        return value

    @field_validator("history_start", "history_end")
    @classmethod
    def _iso_date(cls, value: str | None) -> str | None:
        return None if value is None else date.fromisoformat(value).isoformat()

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
        """The settings of this process: given values over ``CRM_<NAME>`` variables over the defaults.

        Raises:
            SettingsError: a value that the field does not admit, or a setting that there is not; names the variable
                and the remedy.
        """
        strange = [
            n
            for n in environment
            if n.startswith("CRM_") and n not in OF_THE_TESTS and n[4:].lower() not in cls.model_fields
        ]
        if strange:
            near = get_close_matches(strange[0], [f"CRM_{n.upper()}" for n in cls.model_fields], 1)
            raise SettingsError(
                f"there is no setting {strange[0]}{f': did you mean {near[0]}?' if near else '.'} Correct or unset it; "
                "all settings are in crm_assets/settings."
            )
        named = {n: environment[f"CRM_{n.upper()}"] for n in cls.model_fields if f"CRM_{n.upper()}" in environment}
        try:
            return cls(**{**named, **given})
        except ValidationError as error:
            faults = "; ".join(
                f"CRM_{str(e['loc'][0]).upper()}={e['input']!r}: {e['msg']}" for e in error.errors() if e["loc"]
            )
            raise SettingsError(f"settings refused: {faults}. Correct or unset the variable.") from error

    @property
    def parameters(self) -> dict[str, object]:
        """The knobs as the named parameters of a query."""
        return {name: getattr(self, name) for name in Settings.model_fields}

    @property
    def reading_policies(self) -> dict[str, str]:
        """What decides which rows of a file are loaded: a file is read anew when one of them changes."""
        return {name: getattr(self, name) for name in ("negative_amounts", "zero_amounts", "future_dates")}

    @property
    def data(self) -> Path:
        return Path(self.data_dir).expanduser().resolve()

    @property
    def reference(self) -> Path:
        return Path(self.reference_dir).expanduser().resolve()

    @property
    def home(self) -> Path:
        """Where Dagster keeps the runs of this data folder: what was made is remembered there."""
        project = PROJECT_DIR / "data"
        return PROJECT_DIR / "dagster_home" if self.data == project else self.data / "dagster_home"

    @property
    def landing(self) -> Path:
        return self.data / "landing"

    @property
    def staging(self) -> Path:
        return self.data / "staging"

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def reports(self) -> Path:
        return self.data / "reports"

    @property
    def audiences(self) -> Path:
        return self.data / "audiences"

    @property
    def database(self) -> Path:
        """Where the engine keeps the tables: DuckDB's file, or the folder of Spark's."""
        return self.data / ("spark" if self.engine == "spark" else "warehouse.duckdb")

    @property
    def published(self) -> Path:
        """The copy of the warehouse for readers."""
        return self.data / "published.duckdb"
