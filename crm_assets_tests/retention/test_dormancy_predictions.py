"""``dormancy_predictions.sql``, ``dormancy_grades.sql``, ``retention_lists.sql``: by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.rfm_scores import GRADES
from crm_assets.settings import Settings
from crm_assets.warehouse import read_query
from crm_assets_tests.prediction.feature_shop import SNAPSHOT, insert, warehouse
from crm_assets_tests.retention.dormancy_shop import add, feature_row

OF_MONTH = {"month": SNAPSHOT.month, "as_of": SNAPSHOT.as_of}
MONTH = "2021-03"
PARAMETERS = {**Settings().parameters, **SNAPSHOT.parameters}


def staged(session, table):
    made = session.stage(CONTRACTS[table], read_query(table), **PARAMETERS)
    assert session.violations(CONTRACTS[table], made) == []
    result = session.execute(f"select * from {made}")
    names = [d[0] for d in result.description]
    return [dict(zip(names, values, strict=True)) for values in result.fetchall()]


def shop(customers, scores, served):
    session = warehouse([])
    add(session, "dormancy_features", [feature_row(c, MONTH, **given) for c, given in customers.items()])
    insert(session, "dormancy_scores", [OF_MONTH | {"customer_id": c, **given} for c, given in scores.items()])
    chosen = [OF_MONTH | {"slice": g, "served": served.get(g, "model"), "base": 0} for g in ("all", *GRADES)]
    insert(session, "dormancy_choices", chosen)
    return session


def test_the_served_probability_and_what_is_at_stake_by_hand():
    # The window runs from 2020-12-01 to 2021-03-31: 121 days.
    session = shop(
        {
            "old": {"rfm_grade": "HHH", "monetary": Decimal("1210"), "age_days": 400, "p_alive": 0.7},
            "young": {"rfm_grade": "HHH", "monetary": Decimal("50"), "age_days": 3},
            "mid": {"rfm_grade": "LLL", "monetary": Decimal("100"), "age_days": 99},
            "netted": {"rfm_grade": "LLL", "monetary": Decimal("-5"), "age_days": 99},
            "no rule": {"rfm_grade": "LLH", "monetary": Decimal("60"), "age_days": 59},
        },
        {
            "old": {"model": 0.2, "recency": 0.9, "reason": "recency_days"},
            "young": {"model": 0.5, "recency": 0.9},
            "mid": {"model": 0.2, "recency": 0.75},
            "netted": {"model": 0.2, "recency": 0.5},
            "no rule": {"model": 0.3, "recency": 0.9, "interval": None},
        },
        {"LLL": "recency", "LLH": "interval"},
    )
    made = {r["customer_id"]: r for r in staged(session, "dormancy_predictions")}
    assert (made["old"]["probability"], made["old"]["source"], made["old"]["reason"]) == (0.2, "model", "recency_days")
    assert made["old"]["expected_spend"] == 600  # 10 a day for 60 days
    assert made["old"]["value_at_risk"] == 120
    assert made["young"]["expected_spend"] == 50  # of a horizon at least, not of four days
    assert (made["mid"]["probability"], made["mid"]["source"]) == (0.75, "recency")
    assert made["mid"]["expected_spend"] == 60 and made["mid"]["value_at_risk"] == 45
    assert made["netted"]["expected_spend"] == 0
    assert (made["no rule"]["probability"], made["no rule"]["source"]) == (0.3, "model")  # the rule has no value
    assert made["no rule"]["expected_spend"] == 60


def predicted(session, rows):
    insert(
        session,
        "dormancy_predictions",
        [
            OF_MONTH
            | {"customer_id": c, "rfm_grade": g, "frequency": 3, "probability": p, "source": s, "p_alive": 0.5,
               "expected_spend": Decimal(spend), "value_at_risk": Decimal(risk)}
            for c, g, p, s, spend, risk in rows
        ],
    )  # fmt: skip


def test_grades_sum_up_their_customers():
    session = shop({}, {}, {})
    session.execute("update dormancy_choices set grade = 'B', gain = 0.01 where slice = 'HHH'")
    predicted(
        session,
        [
            ("a", "HHH", 0.25, "model", "100", "25"),
            ("b", "HHH", 0.75, "model", "10", "7.5"),
            ("c", "LLL", 0.5, "recency", "8", "4"),
        ],
    )
    made = {r["rfm_grade"]: r for r in staged(session, "dormancy_grades")}
    assert set(made) == {"all", "HHH", "LLL"}
    hhh = made["HHH"]
    assert (hhh["customers"], hhh["expected_dormant"], hhh["dormant_share"]) == (2, 1.0, 0.5)
    assert (hhh["value_at_risk"], hhh["served"], hhh["grade"]) == (Decimal("32.5"), "model", "B")
    assert (made["all"]["customers"], made["all"]["served"], made["all"]["expected_dormant"]) == (3, "several", 1.5)
    assert made["LLL"]["grade"] is None


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        (("dormant", "HHL", 0.9, 60, "new"), "reactivate"),
        (("new, likely", "LLL", 0.5, 59, "new"), "early_churn"),
        (("new, unlikely", "LLL", 0.49, 10, "new"), None),
        (("loyal, above the mean", "HHL", 0.4, 10, "existing"), "potential_loyal"),
        (("loyal, below the mean", "HHL", 0.1, 10, "existing"), None),
        (("new of HHL", "HHL", 0.6, 10, "new"), "early_churn"),
        (("other grade", "HHH", 0.9, 10, "existing"), None),
    ],
)
def test_who_is_on_which_list(customer, expected):
    name, grade, probability, recency, lifecycle = customer
    session = shop({}, {}, {})
    others = [(f"o{i}", "HHL", 0.2, "model", "10", "2") for i in range(5)]
    predicted(session, [(name, grade, probability, "model", "100", "40"), *others])
    known = [(name, grade, recency, lifecycle), *((o[0], "HHL", 5, "existing") for o in others)]
    insert(
        session,
        "rfm_scores",
        [OF_MONTH | {"customer_id": c, "rfm_grade": g, "recency_days": r} for c, g, r, _ in known],
    )
    insert(session, "customer_lifecycles", [OF_MONTH | {"customer_id": c, "lifecycle": s} for c, _, _, s in known])
    found = {r["customer_id"]: r for r in staged(session, "retention_lists")}
    assert (found[name]["list"] if name in found else None) == expected
    if expected:
        assert found[name]["value"] == (60 if expected == "reactivate" else 40)
        assert found[name]["rank"] == 1


def test_a_list_ranks_by_value_then_probability_then_id():
    session = shop({}, {}, {})
    rows = [("b", 0.6, "30"), ("a", 0.6, "30"), ("c", 0.9, "30"), ("d", 0.6, "31")]
    predicted(session, [(c, "LLL", p, "model", "100", v) for c, p, v in rows])
    insert(
        session,
        "rfm_scores",
        [OF_MONTH | {"customer_id": c, "rfm_grade": "LLL", "recency_days": 5} for c, *_ in rows],
    )
    insert(session, "customer_lifecycles", [OF_MONTH | {"customer_id": c, "lifecycle": "new"} for c, *_ in rows])
    found = sorted(staged(session, "retention_lists"), key=lambda r: r["rank"])
    assert [r["customer_id"] for r in found] == ["d", "c", "a", "b"]
