"""``raw_transactions.sql``: every column of a line arrives, and each of them decides on its number in the receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import permutations

import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns, key
from crm_assets.contracts.canonical_columns import allowed_values
from crm_assets.receipts.staging import LINES, line_columns
from crm_assets.warehouse import Session, read_query

MONTH, QUERY = date(2021, 3, 1), read_query("raw_transactions")
CONTRACT = CONTRACTS["raw_transactions"]
BESIDE = ("attributes", "detail")  # columns of a staged line that are none of the table
NULLABLE = {c.name: c.nullable for c in columns(CONTRACT)} | dict.fromkeys(BESIDE, True)
DECIDING = [name for name in line_columns() if name not in key(CONTRACT)]


def values(name: str) -> list[object]:
    """Two values of a column in order, and null where it may be null."""
    sql_type = line_columns()[name]
    if sql_type == "TIMESTAMP":
        found = [datetime(2021, 3, 5, 9), datetime(2021, 3, 5, 10)]
    elif sql_type.startswith("DECIMAL"):
        found = [1, 2]
    else:
        found = sorted(allowed_values(LINES, name) if name not in BESIDE else ())[:2] or ["a", "b"]
    return [*found, *([None] if NULLABLE[name] else [])]


def deliver(session: Session, name: str, given: Sequence[object]) -> None:
    """Lines that are alike in all but one column."""
    alike = {column: values(column)[0] for column in line_columns()}
    session.reference("delivered_lines", line_columns(), [tuple((alike | {name: v}).values()) for v in given])


def numbers(session: Session, query: str, name: str) -> set[tuple[tuple[object, int], ...]]:
    """The values of a column with the numbers of their lines, of every order of delivery."""
    found = set()
    for given in permutations(values(name)):
        deliver(session, name, given)
        made = session.rows(f"select {name}, line_no from ({query}) as made order by 1 nulls last", month=MONTH)
        found.add(tuple(made))
    return found


@pytest.mark.parametrize("name", DECIDING)
def test_lines_that_differ_in_one_column_are_numbered_by_it(session: Session, name: str):
    """Else their numbers would follow the files: write the column into the order of the query, before detail."""
    assert numbers(session, QUERY, name) == {tuple((value, place) for place, value in enumerate(values(name), 1))}


@pytest.mark.parametrize("name", DECIDING)
def test_a_column_that_is_left_out_of_the_order_is_seen(session: Session, name: str):
    before, order = QUERY.split("order by")
    assert len(numbers(session, f"{before} order by {order.replace(name, '1', 1)}", name)) > 1


def test_every_column_of_a_line_arrives(session: Session):
    deliver(session, "detail", ["x"])
    staged = session.stage(CONTRACT, QUERY, month=MONTH)
    (made,) = session.frame(f"select * from {staged}").to_dict("records")
    wanted = {name: values(name)[0] for name in line_columns() if name not in BESIDE}
    assert made == {"month": datetime(2021, 3, 1), "line_no": 1, **wanted}
