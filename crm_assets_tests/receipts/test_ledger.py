"""The ledger: corrections, copies, removed and late files, and what each of them changes."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest

from crm_assets.receipts import file_intake
from crm_assets.receipts.sources import ColumnMapping
from crm_assets.receipts.staging import staged_month_file
from crm_assets.warehouse import Session, WarehouseError
from crm_assets_tests.receipts.test_intake import LINE, Shop
from crm_assets_tests.small_shop import land, months_between, receipt_rows

NAME = "LPOINT_BIG_COMP_02_PDDE{}.csv"
COUNTS = ["rows", "loaded", "duplicates", "quarantined"]


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Shop:
    return Shop(session, tmp_path, "lpoint")


def line(number: int, day: str = "20210726", customer: str = "M1") -> list[str]:
    return [customer, f"A{number:011}", *LINE[2:6], day, *LINE[7:]]


def changes(shop: Shop) -> list[tuple]:
    """Delivery, month, lines, loaded, added, withdrawn, late."""
    return shop.session.rows(
        """select landing_no, strftime(purchase_month, '%Y-%m'), lines, loaded, added, withdrawn, late
        from landed_months order by landing_no, purchase_month"""
    )


def assert_sound(shop: Shop) -> None:
    """Each delivery adds up, and the ledger counts just the lines that the months hold."""
    ledger = shop.ledger()
    assert (ledger["rows"] == ledger["loaded"] + ledger["duplicates"] + ledger["quarantined"]).all(), ledger[COUNTS]
    loaded = shop.session.rows(
        """select m.purchase_month, sum(m.loaded) from landed_months m
        join landed_files l on l.landing_no = m.landing_no where l.status = 'loaded' group by 1 order by 1"""
    )
    for month, lines in loaded:
        assert len(shop.lines(str(month))) == lines, month


def test_a_corrected_file_takes_the_place_of_the_one_before(shop: Shop):
    shop.land(NAME.format(""), [line(1), line(2), line(3, "20210801")])
    shop.land(NAME.format(""), [line(1), line(4), line(5, "20210901")])
    assert shop.lines("2021-07-01")["receipt_id"].tolist() == [line(1)[1], line(4)[1]]
    assert len(shop.lines("2021-08-01")) == 0 and len(shop.lines("2021-09-01")) == 1
    assert shop.ledger()["status"].tolist() == ["superseded", "loaded"]
    assert changes(shop)[2:] == [
        (2, "2021-07", 2, 2, 1, 1, False),
        (2, "2021-08", 0, 0, 0, 1, False),
        (2, "2021-09", 1, 1, 1, 0, False),
    ]
    assert_sound(shop)


def test_a_file_that_comes_back_as_it_was_counts_again(shop: Shop):
    first, second = [line(1), line(2)], [line(1), line(3)]
    for rows in (first, second, first):
        shop.land(NAME.format(""), rows)
    assert shop.ledger()["status"].tolist() == ["superseded", "superseded", "loaded"]
    assert shop.lines("2021-07-01")["receipt_id"].tolist() == [line(1)[1], line(2)[1]]
    assert shop.take_in().known == [NAME.format("")]
    assert_sound(shop)


def test_a_header_alone_withdraws_a_file(shop: Shop):
    shop.land(NAME.format(""), [line(1)])
    shop.land(NAME.format(""), [])
    assert len(shop.lines("2021-07-01")) == 0
    assert changes(shop)[1:] == [(2, "2021-07", 0, 0, 0, 1, False)]
    assert_sound(shop)


def test_a_correction_that_cannot_be_read_leaves_what_was_there(shop: Shop):
    shop.land(NAME.format(""), [line(1)])
    refused = shop.land(NAME.format(""), [["x"]], header=["another"])
    assert list(refused.refused) == [NAME.format("")]
    assert shop.ledger()["status"].tolist() == ["loaded"] and len(shop.lines("2021-07-01")) == 1
    assert "column" in shop.session.scalar("select reason from refused_files")
    shop.land(NAME.format(""), [line(2)])
    assert shop.session.scalar("select count(*) from refused_files") == 0
    assert shop.lines("2021-07-01")["receipt_id"].tolist() == [line(2)[1]]


def test_lines_that_a_withdrawn_file_held_first_are_the_next_one_s(shop: Shop):
    """Else the ledger would call lines duplicates of lines that are no more."""
    shop.land(NAME.format("_a"), [line(1), line(2), ["", *line(3)[1:]]])
    shop.land(NAME.format("_b"), [line(2), line(4)])
    shop.land(NAME.format("_c"), [line(1), line(2), ["", *line(3)[1:]]])  # a copy of _a
    assert shop.ledger()[COUNTS].to_numpy().tolist() == [[3, 2, 0, 1], [2, 1, 1, 0], [3, 0, 3, 0]]
    shop.land(NAME.format("_a"), [line(9)])
    assert shop.ledger()[COUNTS].to_numpy().tolist() == [[3, 2, 0, 1], [2, 2, 0, 0], [3, 1, 1, 1], [1, 1, 0, 0]]
    assert len(shop.lines("2021-07-01")) == 4
    assert changes(shop)[-1] == (4, "2021-07", 1, 1, 1, 0, False), "_b and _c still hold what _a withdrew"
    assert_sound(shop)


def test_a_till_that_always_writes_the_same_name_adds(shop: Shop):
    files = tuple(m.model_copy(update={"same_name": "adds"}) for m in shop.source.files)
    shop.source = shop.source.model_copy(update={"files": files})
    for number in (1, 2, 3):
        shop.land(NAME.format(""), [line(number)])
    assert shop.ledger()["status"].tolist() == ["loaded"] * 3
    assert len(shop.lines("2021-07-01")) == 3
    assert_sound(shop)


def test_late_receipts_are_told_apart(shop: Shop):
    shop.land(NAME.format("_july"), [line(1), line(2, "20210801")])
    shop.land(NAME.format("_late"), [line(3), line(4, "20210901"), line(1)])
    assert changes(shop)[2:] == [(2, "2021-07", 2, 1, 1, 0, True), (2, "2021-09", 1, 1, 1, 0, False)]


def test_files_of_one_look_are_not_late_to_each_other(shop: Shop):
    for name, day in (("_a", "20211201"), ("_b", "20210701")):
        land(shop.landing, NAME.format(name), [line(1, day)])
    shop.take_in()
    assert [row[-1] for row in changes(shop)] == [False, False]


def test_a_removed_file_is_reported_and_its_rows_stay(shop: Shop):
    shop.land(NAME.format(""), [line(1)])
    shop.landing.joinpath(NAME.format("")).unlink()
    assert shop.take_in().removed == [NAME.format("")]
    assert shop.take_in().removed == [], "told once"
    assert not shop.ledger()["in_folder"].any() and len(shop.lines("2021-07-01")) == 1
    back = shop.land(NAME.format(""), [line(1)])
    assert (back.loaded, back.removed, len(shop.ledger())) == ([], [], 1) and shop.ledger()["in_folder"].all()


def test_nothing_changed_says_so(shop: Shop):
    shop.land(NAME.format("_a"), [line(1), line(2)])
    shop.land(NAME.format("_b"), [line(2)])
    assert changes(shop)[-1] == (2, "2021-07", 1, 0, 0, 0, False)


def test_staged_rows_that_are_gone_are_read_again(shop: Shop):
    shop.land(NAME.format("_a"), [line(1), line(2)])
    shop.land(NAME.format("_b"), [line(2), line(3)])
    expected = shop.lines("2021-07-01")
    for file in shop.staging.rglob("*.parquet"):
        file.unlink()
    with pytest.raises(WarehouseError, match=r"is gone or damaged, though the ledger counts.*crm refresh"):
        shop.lines("2021-07-01")
    assert shop.take_in().loaded == []
    pd.testing.assert_frame_equal(shop.lines("2021-07-01"), expected)
    assert len(shop.ledger()) == 2
    assert_sound(shop)


def test_staged_rows_that_are_gone_for_good_are_an_error(shop: Shop):
    shop.land(NAME.format(""), [line(1)])
    reading = shop.ledger()["reading_hash"][0]
    staged_month_file(shop.staging, pd.Timestamp("2021-07-01").date(), reading).unlink()
    shop.landing.joinpath(NAME.format("")).unlink()
    shop.take_in()
    with pytest.raises(WarehouseError, match="restore the staging folder"):
        shop.lines("2021-07-01")


def test_a_changed_policy_reads_the_files_anew(shop: Shop):
    gift = [*line(2)[:8], "0", "1"]
    shop.land(NAME.format(""), [line(1), gift])
    assert shop.reasons() == {"zero_amount": 1}
    shop.settings = shop.settings.model_copy(update={"zero_amounts": "load"})
    assert shop.take_in().loaded == [NAME.format("")]
    assert shop.reasons() == {} and shop.lines("2021-07-01")["amount"].tolist() == [500.0, 0.0]
    assert_sound(shop)


@pytest.mark.parametrize("seed", range(6))
def test_a_random_story_of_deliveries_ends_where_its_last_files_do(session: Session, tmp_path: Path, seed: int):
    """Corrections, copies, removals and late files in any order leave just the lines that the counting files hold."""
    draw = random.Random(seed)
    pool = [line(n, f"2021{draw.randint(6, 8):02}{draw.randint(1, 28):02}") for n in range(30)]
    shop, names = Shop(session, tmp_path, "lpoint"), [NAME.format(f"_{c}") for c in "abcd"]
    counting: dict[str, list] = {}
    for _ in range(14):
        name = draw.choice(names)
        action = draw.random()
        if action < 0.15 and counting and (shop.landing / name).exists():
            (shop.landing / name).unlink()
            shop.take_in()
            continue
        if action < 0.3 and counting:
            rows = counting[draw.choice(sorted(counting))]
        else:
            rows = [draw.choice(pool) for _ in range(draw.randint(0, 12))]
        assert not shop.land(name, rows).refused
        counting[name] = rows
        expected = {tuple(row) for rows in counting.values() for row in rows}
        found = sum(len(shop.lines(f"2021-{month:02}-01")) for month in (6, 7, 8))
        assert found == len(expected)
        assert_sound(shop)


def test_order_and_cutting_change_nothing(session: Session, tmp_path: Path):
    """One file, a file a day, shuffled, twice, and late: the lines of every month are the same."""
    rows = receipt_rows(months_between("2021-01", "2021-04"), 150)
    days = sorted({row[6] for row in rows})
    draw = random.Random(3)
    shuffled = draw.sample(rows, len(rows))
    ways = {
        "one": [rows],
        "daily": [[row for row in rows if row[6] == day] for day in days],
        "shuffled": [shuffled[:500], shuffled[500:]],
        "twice": [rows, shuffled],
        "late": [[r for r in rows if r[6] >= "20210301"], [r for r in rows if r[6] < "20210301"]],
    }
    made = {}
    for way, files in ways.items():
        (tmp_path / way).mkdir()
        for table in ("landed_files", "landed_months", "quarantine"):
            session.execute(f"delete from {table}")
        shop = Shop(session, tmp_path / way, "lpoint")
        if way == "daily":  # at once; the others one after another
            for number, file in enumerate(files):
                land(shop.landing, NAME.format(f"_{number:03}"), file)
            shop.take_in()
        else:
            for number, file in enumerate(files):
                shop.land(NAME.format(f"_{number}"), file)
        assert_sound(shop)
        made[way] = pd.concat([shop.lines(f"2021-{month:02}-01") for month in range(1, 5)], ignore_index=True)
        faulty = shop.session.scalar("select count(distinct content) from quarantine")
        read = shop.ledger()["rows"].sum()
        print(f"{way}: {len(files)} files, {read:,} rows, {len(made[way]):,} lines, {faulty} faulty")
    for way, lines in made.items():
        pd.testing.assert_frame_equal(lines, made["one"], obj=way)


def with_mapping(shop: Shop, **changes: object) -> None:
    """The PDDE mapping changed, as when somebody mends the mapping file."""
    files = tuple(m.model_copy(update=changes) if "02_PDDE" in m.match else m for m in shop.source.files)
    shop.source = shop.source.model_copy(update={"files": files})


def without_partner(shop: Shop) -> None:
    columns = {n: c for n, c in shop.source.files[1].columns.items() if n != "partner_id"}
    with_mapping(shop, columns=columns)


def test_a_renamed_file_counts_once_also_when_its_mapping_changes(shop: Shop):
    shop.land(NAME.format("_old"), [line(1), line(2)])
    shop.landing.joinpath(NAME.format("_old")).rename(shop.landing / NAME.format("_new"))
    renamed = shop.take_in()
    assert (renamed.loaded, renamed.removed) == ([NAME.format("_new")], [])
    assert shop.ledger()["status"].tolist() == ["superseded", "loaded"]
    assert changes(shop)[-1][3:6] == (2, 0, 0), "held by the new name, nothing added or withdrawn"
    without_partner(shop)
    shop.take_in()
    assert len(shop.lines("2021-07-01")) == 2
    assert_sound(shop)


def test_a_copy_and_its_original_are_both_read_anew(shop: Shop):
    for name in ("_a", "_b"):
        shop.land(NAME.format(name), [line(1), line(2)])
    without_partner(shop)
    assert sorted(shop.take_in().loaded) == [NAME.format("_a"), NAME.format("_b")]
    assert shop.take_in().loaded == []
    assert len(shop.lines("2021-07-01")) == 2
    assert_sound(shop)


def test_a_file_that_cannot_be_read_anew_is_named(shop: Shop):
    shop.land(NAME.format(""), [line(1)])
    shop.landing.joinpath(NAME.format("")).unlink()
    shop.take_in()
    without_partner(shop)
    assert shop.take_in().outdated == [NAME.format("")]


def test_a_policy_that_leaves_no_row_sound_withdraws_them(shop: Shop):
    gift = [*line(1)[:8], "0", "1"]
    shop.settings = shop.settings.model_copy(update={"zero_amounts": "load"})
    shop.land(NAME.format(""), [gift])
    assert len(shop.lines("2021-07-01")) == 1
    shop.settings = shop.settings.model_copy(update={"zero_amounts": "quarantine"})
    assert shop.take_in().refused == {}
    assert len(shop.lines("2021-07-01")) == 0 and shop.reasons() == {"zero_amount": 1}


def test_reading_anew_keeps_the_order_of_arrival(shop: Shop):
    header = ["cust", "ma_fem_dv", "ages", "zon_hlv"]
    shop.land("LPOINT_BIG_COMP_01_DEMO_z.csv", [["M1", "여성", "20대", "Z01"]], header)
    shop.land("LPOINT_BIG_COMP_01_DEMO_a.csv", [["M1", "여성", "30대", "Z02"]], header)
    history = shop.source.history.model_copy(update={"end": None})
    shop.source = shop.source.model_copy(update={"history": history})
    assert len(shop.take_in().loaded) == 2
    assert shop.dimension("customers")["age_band"].tolist() == ["30대"]


def test_a_refusal_is_forgotten_when_the_file_is_as_it_was(shop: Shop):
    shop.land(NAME.format(""), [line(1)])
    shop.land(NAME.format(""), [["x"]], header=["another"])
    assert shop.session.scalar("select count(*) from refused_files") == 1
    shop.land(NAME.format(""), [line(1)])
    assert shop.session.scalar("select count(*) from refused_files") == 0


def test_lost_staging_does_not_keep_a_correction_out(shop: Shop):
    shop.land(NAME.format("_a"), [line(1), line(2)])
    for file in shop.staging.rglob("*.parquet"):
        file.unlink()
    assert shop.land(NAME.format("_a"), [line(1), line(3)]).refused == {}
    assert shop.lines("2021-07-01")["receipt_id"].tolist() == [line(1)[1], line(3)[1]]
    assert changes(shop)[-1] == (2, "2021-07", 2, 2, 2, 2, False)


def test_reading_anew_keeps_the_order_of_arrival_of_a_copy(shop: Shop):
    header = ["cust", "ma_fem_dv", "ages", "zon_hlv"]
    for name, age in (("a", "20대"), ("c", "20대"), ("b", "30대")):
        shop.land(f"LPOINT_BIG_COMP_01_DEMO_{name}.csv", [["M1", "여성", age, "Z01"]], header)
    history = shop.source.history.model_copy(update={"end": None})
    shop.source = shop.source.model_copy(update={"history": history})
    assert len(shop.take_in().loaded) == 3
    counting = shop.ledger().query("status == 'loaded'").set_index("file_name")["delivered_no"]
    assert counting.sort_index().tolist() == [1, 3, 2], "a, b, c"
    assert shop.dimension("customers")["age_band"].tolist() == ["30대"]


def test_a_damaged_staged_file_is_read_again_and_no_other_file_is_blamed(shop: Shop):
    shop.land(NAME.format("_a"), [line(1), line(2)])
    for file in shop.staging.rglob("*.parquet"):
        file.write_bytes(file.read_bytes()[:-20])
    assert shop.land(NAME.format("_b"), [line(2), line(3)]).refused == {}
    assert len(shop.lines("2021-07-01")) == 3
    assert_sound(shop)


def test_a_till_s_file_of_one_row_without_a_customer_is_put_aside_not_refused(shop: Shop):
    shop.land(NAME.format(""), [line(1)])
    assert shop.land(NAME.format("_2"), [line(2, customer="")]).refused == {}
    assert shop.reasons() == {"no_customer": 1}
    assert_sound(shop)


def test_a_mapping_mistake_on_a_running_shop_withdraws_nothing(shop: Shop):
    shop.land(NAME.format(""), [line(1), line(2)])
    columns = shop.source.files[1].columns
    with_mapping(
        shop, columns={**columns, "purchased_at": columns["purchased_at"].model_copy(update={"column": "br_c"})}
    )
    assert "none of its 2 rows can be loaded, most often no_date" in shop.take_in().refused[NAME.format("")]
    assert len(shop.lines("2021-07-01")) == 2 and shop.ledger()["status"].tolist() == ["loaded"]


def test_a_dimension_that_the_mapping_feeds_no_more_is_made_anew(shop: Shop):
    from crm_assets.receipts.news import touched

    also = (shop.source.files[0].model_copy(update={"columns": {"customer_id": ColumnMapping(column="cust")}}),)
    with_mapping(shop, also=also)
    shop.land(NAME.format(""), [line(1)])
    with_mapping(shop, also=())
    shop.take_in()
    assert shop.dimension("customers").empty
    assert touched(shop.session, 1) == ([], ["customers", "transactions"])


def test_a_correction_of_which_every_day_is_misread_withdraws_nothing(shop: Shop):
    """A year of two digits, read as the year 24."""
    shop.land(NAME.format(""), [line(1), line(2)])
    refused = shop.land(NAME.format(""), [line(1, "0021-07-26"), line(2, "0021-07-27")]).refused
    assert "most often outside_history" in refused[NAME.format("")] and len(shop.lines("2021-07-01")) == 2
    assert shop.land(NAME.format("_old"), [line(3, "20190101")]).refused.keys() == {NAME.format("")}, "it replaces none"


def test_a_file_that_is_replaced_while_it_is_staged_again_is_not_staged(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    shop.land(NAME.format(""), [line(1)])
    for file in shop.staging.rglob("*.parquet"):
        file.unlink()
    read = file_intake.read_file

    def read_and_replace(*given: object) -> None:
        read(*given)
        monkeypatch.setattr(file_intake, "read_file", read)
        (shop.landing / NAME.format("")).write_text("half of another")

    monkeypatch.setattr(file_intake, "read_file", read_and_replace)
    assert list(shop.take_in().refused) == [NAME.format("")]
    assert not list(shop.staging.rglob("*.parquet"))
