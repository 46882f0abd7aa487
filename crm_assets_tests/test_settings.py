"""Settings and mapping files: what they refuse, and how they say it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from crm_assets.months import Snapshot
from crm_assets.receipts.sources import SourceError, read_source, source_names
from crm_assets.settings import PROJECT_DIR, Settings, SettingsError


def test_environment_over_defaults_and_none_is_a_value():
    settings = Settings.read({"CRM_WINDOW_MONTHS": "none", "CRM_K": "4", "CRM_COUNT_WALLET_AS_PURCHASE": "true"})
    assert (settings.window_months, settings.k, settings.count_wallet_as_purchase) == (None, 4, True)
    assert Settings.read({}).window_months == 12


@pytest.mark.parametrize(
    ("name", "value"),
    [("CRM_WINDOW_MONTHS", "twelve"), ("CRM_SCALING", "cube"), ("CRM_K", "1"), ("CRM_HISTORY_START", "01/02/2021")],
)
def test_a_bad_value_names_the_variable_and_the_value(name: str, value: str):
    with pytest.raises(SettingsError, match=f"{name}='{value}'.*Correct or unset"):
        Settings.read({name: value})


def test_the_sources_that_ship_are_right():
    reference = Settings.read({}).reference
    assert source_names(reference) == [
        "card", "complete_journey", "lpoint", "mql", "online_retail", "washer", "xeducation"
    ]  # fmt: skip
    for name in source_names(reference):
        assert read_source(reference, name).name == name


def test_an_unknown_source_names_those_that_exist():
    with pytest.raises(SourceError, match=r"no source 'lpiont'.*lpoint.*CRM_SOURCE"):
        read_source(Settings.read({}).reference, "lpiont")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda s: s["files"][0]["columns"].pop("customer_id"), "missing columns.*customer_id"),
        (lambda s: s["files"][0]["columns"].update(colour="x"), "unknown columns.*colour"),
        (lambda s: s["files"][0].update(loads="receipts"), "loads"),
        (lambda s: s["files"][0]["columns"].update(amount={"column": "a", "constant": "b"}), "exactly one of column"),
        (lambda s: s.update(history={"start": "2021-02-01", "end": "2021-01-01"}), "ends .* before it starts"),
        (lambda s: s.update(surprise=1), "surprise"),
        (lambda s: s.pop("currency"), "currency"),
        (lambda s: s.update(personas="foo"), "no personas 'foo': known are .*'generic'"),
        (lambda s: s["files"][0].update(timezone="Seoul"), "no time zone 'Seoul'"),
        (
            lambda s: s["files"][0]["columns"].update(channel={"column": "a", "map": {"0": "shop"}}),
            "offline, online, not shop",
        ),
        (lambda s: s["files"][0]["also"].append(s["files"][0]["also"][0]), "feeds products twice"),
        (lambda s: s["files"][0]["also"].append({"loads": "transactions", "columns": {}}), "also|missing columns"),
    ],
)
def test_a_wrong_mapping_file_names_the_place(tmp_path: Path, change, fault: str):
    (tmp_path / "sources").mkdir()
    text = yaml.safe_load((Settings.read({}).reference / "sources" / "online_retail.yaml").read_text())
    change(text)
    (tmp_path / "sources" / "shop.yaml").write_text(yaml.safe_dump(text))
    shutil.copytree(Settings.read({}).reference / "personas", tmp_path / "personas")
    with pytest.raises(SourceError, match=rf"(?s)shop\.yaml.*{fault}"):
        read_source(tmp_path, "shop")


def test_broken_yaml_names_the_file(tmp_path: Path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "shop.yaml").write_text("title: [")
    with pytest.raises(SourceError, match=r"shop\.yaml is no YAML"):
        read_source(tmp_path, "shop")


def test_a_misspelt_setting_is_named_with_the_one_that_was_meant():
    with pytest.raises(SettingsError, match=r"no setting CRM_SORCE: did you mean CRM_SOURCE\?"):
        Settings.read({"CRM_SORCE": "myshop"})
    with pytest.raises(SettingsError, match="no setting CRM_XYZZY"):
        Settings.read({"CRM_XYZZY": "1"})
    assert Settings.read({"CRM_REQUIRE_DATA": "1", "HOME": "/"}).source == "lpoint"


def test_every_data_folder_has_a_dagster_home_of_its_own(tmp_path: Path):
    assert Settings.read({}).home == PROJECT_DIR / "dagster_home"
    assert Settings.read({"CRM_DATA_DIR": str(tmp_path)}).home == tmp_path / "dagster_home"


def test_no_setting_is_named_like_a_day_of_the_snapshot():
    """Both are parameters of every query; only the start of history is meant to be told by the snapshot."""
    days = Snapshot(date(2021, 3, 1), date(2020, 12, 1), 12).parameters
    assert Settings.model_fields.keys() & days.keys() == {"history_start"}
