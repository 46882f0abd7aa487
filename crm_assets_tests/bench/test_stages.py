"""Every stage on a small shop whose lines have landed as Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_assets.bench import sample
from crm_assets.bench.bodies import Bodies, Project
from crm_assets.bench.shop import Shop
from crm_assets.bench.stages import (
    FROM_MONTH_TO_MONTH,
    LOADING,
    OF_A_MONTH,
    SCAN,
    STAGES,
    TWO_MONTHS,
    VALIDATION,
    WHOLE,
    whole,
    work_of,
)


@pytest.fixture
def bodies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bodies]:
    csv, parquet = tmp_path / "csv", tmp_path / "parquet"
    sample.write_csv(str(csv), 300)
    sample.write_parquet(str(csv), str(parquet))
    reference = sample.parquet_reference(tmp_path / "reference")
    shop = Shop(tmp_path / "shop", {"CRM_REFERENCE_DIR": str(reference)}).begin(parquet)
    for name, value in shop.environment.items():
        monkeypatch.setenv(name, value)
    with Bodies.opened(Project.load()) as opened:
        yield opened


def customers_with_receipts(bodies: Bodies) -> int:
    return rows(bodies, "select count(distinct customer_id) from receipts")[0][0]


def rows(bodies: Bodies, sql: str) -> list[tuple]:
    with bodies.session() as session:
        return session.rows(sql)


def test_from_landed_parquet_to_rfm_types_and_features(bodies: Bodies):
    for stage in (*LOADING, "rfm", "features", "types", VALIDATION):
        work_of(stage)(bodies)
    ((months,),) = rows(bodies, "select count(distinct month) from raw_transactions")
    assert months == len(bodies.project.months) == 13
    ((lines, customers),) = rows(bodies, "select count(*), count(distinct customer_id) from raw_transactions")
    assert work_of(SCAN)(bodies) == {"customers": customers, "lines": lines} and customers > 250
    last = bodies.project.months[-1]
    made = rows(bodies, "select min(month), max(month), count(*) from feature_table where cutoff = 'as_of'")
    assert [str(v)[:10] for v in made[0]] == [last, last, str(customers_with_receipts(bodies))]
    ((fitted,),) = rows(bodies, "select distinct fitted_as_of from cluster_assignments")
    assert str(fitted)[:7] == last[:7]


@pytest.mark.prove
def test_to_the_reports_of_two_months_and_each_stage_again(bodies: Bodies):
    assert whole(bodies)["cpu_of"].keys() == {*WHOLE}
    before, last = bodies.project.months[-2:]
    assert [str(month) for (month,) in rows(bodies, "select month from report order by month")] == [before, last]
    for stage in OF_A_MONTH:
        work_of(stage)(bodies)
    ((moved,),) = rows(bodies, f"select count(*) from segment_migration where month = date '{last}'")
    assert moved > 0
    ((fitted,),) = rows(bodies, f"select distinct fitted_as_of from cluster_assignments where month = date '{last}'")
    assert str(fitted)[:7] == last[:7], "the types were to be fitted anew"


def test_lines_that_break_the_contract_are_no_measurement(bodies: Bodies):
    for stage in LOADING[:3]:
        work_of(stage)(bodies)
    with bodies.session() as session:
        session.execute("update raw_transactions set record_type = 'gift' where line_no = 1")
    with pytest.raises(ValueError, match="record_type"):
        work_of(VALIDATION)(bodies)


def test_every_table_of_a_month_is_in_a_stage_and_every_stage_names_tables_that_there_are():
    project = Project.load()
    assert {name for names in OF_A_MONTH.values() for name in names} | {*FROM_MONTH_TO_MONTH} <= {*project.tables}
    assert {*LOADING, TWO_MONTHS, VALIDATION, SCAN, *OF_A_MONTH} == {*STAGES}
