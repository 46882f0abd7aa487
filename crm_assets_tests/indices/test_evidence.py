"""Exact tests of shares: against SciPy's own, their correction against the plain one, false claims by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from crm_assets.indices.evidence import corrected_by_size, outcome_tests
from crm_assets.statistics.evidence import FDR, Z, benjamini_hochberg
from crm_assets_tests.indices.index_shop import content, fill, index, indexed, label, made, reference, washes


def outcome(trials: int, successes: int, side: int, customers: int = 1, **given: object) -> dict[str, object]:
    row = {"index_id": "x", "population_group": "all", "trials": trials, "successes": successes, "side": side,
           "mean_share": 0.3, "standard_error": 0.0, "customers": customers}  # fmt: skip
    return row | given


@pytest.mark.parametrize(
    ("successes", "side", "tail"), [(12, 1, "greater"), (20, 1, "greater"), (1, -1, "less"), (0, -1, "less")]
)
@pytest.mark.parametrize("error", [0.0, 0.02])
def test_the_p_is_twice_the_tail_at_the_near_end_of_the_interval(successes, side, tail, error):
    made_p = outcome_tests(pd.DataFrame([outcome(20, successes, side, standard_error=error)]))["p_value"][0]
    expected = binomtest(successes, 20, 0.3 + side * Z * error, alternative=tail).pvalue
    assert made_p == pytest.approx(min(1, 2 * expected), rel=1e-9) and made_p < 0.2


def test_the_populations_own_share_and_a_population_of_one_claim_nothing():
    rows = [outcome(20, 6, 0), outcome(20, 6, 1, standard_error=np.nan)]
    found = outcome_tests(pd.DataFrame(rows))["p_value"]
    assert found[0] == 1 and np.isnan(found[1])


def test_an_interval_that_reaches_beyond_every_share_claims_nothing():
    rows = [outcome(5, 5, 1, mean_share=0.9, standard_error=0.2), outcome(5, 0, -1, mean_share=0.1, standard_error=0.2)]
    assert outcome_tests(pd.DataFrame(rows))["p_value"].tolist() == [1, 1]


def test_corrected_as_if_every_customer_stood_alone():
    draw = np.random.default_rng(3)
    p, sizes = np.round(draw.random(40) ** 3, 2), draw.integers(1, 30, 40)
    p[7] = np.nan
    alone = benjamini_hochberg(np.repeat(p, sizes))
    firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    np.testing.assert_allclose(corrected_by_size(p, sizes), alone[firsts], rtol=1e-12)


def test_one_index_is_corrected_apart_from_another():
    rows = [outcome(20, 14, 1), outcome(20, 6, 0, 5_000, index_id="other")]
    alone = outcome_tests(pd.DataFrame(rows[:1]))["p_value"][0]
    assert outcome_tests(pd.DataFrame(rows))["p_value"][0] == alone


def test_customers_called_something_are_seldom_so_by_chance(warehouse, tmp_path):
    """2,000 customers of 20 events with the population's share, but 150 planted with 50 %: of those who carry the label
    at most FDR are of the others, and most planted ones carry it. If nobody is planted, nobody carries it."""
    draw = np.random.default_rng(11)
    planted = {f"P{n:04}" for n in range(150)}
    folder = reference(tmp_path / "r", content([index(labels=[label(at_least=20)])]))
    rows = []
    for customer in [*sorted(planted), *(f"C{n:04}" for n in range(1_850))]:
        own = 0.5 if customer in planted else 0.1
        rows += washes(customer, list(np.where(draw.random(20) < own, "hygiene", "wool")))
    fill(warehouse, event_attributes=rows)
    told = indexed(made(warehouse, folder)["customer_indices"])["label_id"].dropna()
    wrong, found = len(set(told.index) - planted), len(set(told.index) & planted)
    print(f"{len(told)} carry the label, {wrong} of them by chance; {found} of {len(planted)} planted ones found")
    assert wrong <= FDR * len(told) and found > 0.6 * len(planted)
    with warehouse.session() as session:
        session.execute("delete from event_attributes where customer_id like 'P%'")
    nobody = indexed(made(warehouse, folder)["customer_indices"])
    assert nobody["label_id"].notna().sum() == 0 and nobody["index_pp"].max() > 20
