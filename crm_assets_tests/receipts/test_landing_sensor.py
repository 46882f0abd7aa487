"""The sensor on the landing folder: when it asks for the intake, and what it waits for."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from crm_assets.defs import sensors
from crm_assets.defs.resources import SettingsResource
from crm_assets.settings import Settings


def look(tmp_path: Path, cursor: str | None):
    settings = SettingsResource(**Settings.read({}, data_dir=str(tmp_path)).model_dump())
    context = dg.build_sensor_context(cursor=cursor, resources={"settings": settings})
    return sensors.landing_folder(context), context.cursor


def test_the_landing_sensor_waits_until_a_file_has_stopped_growing(tmp_path: Path):
    said, cursor = look(tmp_path, None)
    assert "0 files" in said.skip_message
    file = tmp_path / "landing" / "a.csv"
    file.parent.mkdir()
    file.write_text("1")
    said, cursor = look(tmp_path, cursor)
    assert "stopped growing: a.csv" in said.skip_message
    file.write_text("12")
    said, cursor = look(tmp_path, cursor)
    assert "stopped growing: a.csv" in said.skip_message
    asked, cursor = look(tmp_path, cursor)
    assert isinstance(asked, dg.RunRequest)
    said, cursor = look(tmp_path, cursor)
    assert "1 files, none of them new" in said.skip_message
    os.utime(file, ns=(1, 1))
    said, cursor = look(tmp_path, cursor)
    again, cursor = look(tmp_path, cursor)
    assert isinstance(again, dg.RunRequest) and again.run_key != asked.run_key


def test_the_landing_sensor_waits_for_a_growing_file_but_not_for_ever(tmp_path: Path):
    """A till that writes all day would keep every other file from being read."""
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "done.csv").write_text("1")
    cursor, asked = None, []
    for look_no in range(2 * sensors.MOST_LOOKS):
        (tmp_path / "landing" / "till.csv").write_text("1" * look_no)
        said, cursor = look(tmp_path, cursor)
        asked += [look_no] if isinstance(said, dg.RunRequest) else []
    assert asked == [sensors.MOST_LOOKS + 1], "once: nothing but the till is new after it"
    said, cursor = look(tmp_path, cursor)
    assert isinstance(said, dg.RunRequest) and said.tags["crm/files"] == "till.csv", "it has stopped growing"


def test_the_landing_sensor_sees_other_content_of_the_same_size_and_time(tmp_path: Path):
    file, cursor, asked = tmp_path / "landing" / "a.csv", None, 0
    file.parent.mkdir()
    for content in ("1", "1", "2", "2"):
        if not file.exists() or file.read_text() != content:
            file.write_text(content)
            os.utime(file, ns=(7, 7))
        said, cursor = look(tmp_path, cursor)
        asked += isinstance(said, dg.RunRequest)
    assert asked == 2


def test_the_landing_sensor_asks_when_a_file_is_gone_and_when_it_is_back(tmp_path: Path):
    file = tmp_path / "landing" / "a.csv"
    file.parent.mkdir()
    keys, cursor = [], None
    for there in (True, True, False, True, True, False):
        if there != file.exists():
            file.write_text("1") if there else file.unlink()
        said, cursor = look(tmp_path, cursor)
        keys += [said.run_key] if isinstance(said, dg.RunRequest) else []
    assert len(keys) == len(set(keys)) == 4, "landed, gone, back, gone"
