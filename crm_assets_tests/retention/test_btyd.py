"""MBG/NBD: beside a library on the field's own data, and beside customers whose truth is drawn."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from lifetimes import ModifiedBetaGeoFitter

from crm_assets.retention import btyd
from crm_assets.retention.btyd import MbgNbd

HORIZON = 60


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """CDNOW, 2,357 customers: x, t_x, T in weeks, as the library brings them."""
    return pd.read_csv(files("lifetimes") / "datasets" / "cdnow_customers_summary.csv", index_col=0).astype(float)


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    """20,000 customers drawn from the model itself: what is seen of each up to as_of, and what is true then."""
    rng, size, truth = np.random.default_rng(7), 20_000, MbgNbd(0.8, 40.0, 0.9, 2.5, 0.0)
    rates = rng.gamma(truth.r, 1 / truth.alpha, size)
    leaving = rng.beta(truth.a, truth.b, size)
    rows = []
    for rate, p, age in zip(rates, leaving, rng.integers(1, 400, size), strict=True):
        x, last, alive, now = 0, 0.0, rng.random() >= p, 0.0
        while alive:
            now += rng.exponential(1 / rate)
            if now > age:
                break
            x, last, alive = x + 1, now, rng.random() >= p
        rows.append((x, last, age, alive, not (alive and now <= age + HORIZON)))
    return pd.DataFrame(rows, columns=["x", "t_x", "age", "alive", "silent"])


def numbers(frame: pd.DataFrame, *names: str) -> list[np.ndarray]:
    return [frame[name].to_numpy(dtype=float) for name in names]


def test_parameters_and_likelihood_equal_the_librarys_on_cdnow(cdnow):
    seen = numbers(cdnow, "frequency", "recency", "T")
    model = btyd.fit(*seen, np.ones(len(cdnow)))
    library = ModifiedBetaGeoFitter().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    theirs = library.params_[["r", "alpha", "a", "b"]].to_numpy()
    assert (model.r, model.alpha, model.a, model.b) == pytest.approx(theirs, rel=1e-3)
    likelihood = -len(cdnow) * ModifiedBetaGeoFitter._negative_log_likelihood(
        np.log(theirs), *seen, np.ones(len(cdnow)), 0.0
    )
    assert btyd.log_likelihoods(theirs, *seen).sum() == pytest.approx(likelihood, rel=1e-12)
    assert model.log_likelihood >= likelihood - 1e-6  # ours is climbed at least as high
    print(f"CDNOW: {model}; the library {theirs.round(4)}, log-likelihood {likelihood:.3f}")
    alive = library.conditional_probability_alive(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    np.testing.assert_allclose(btyd.p_alive(model, *seen), np.asarray(alive), atol=2e-4)


def test_parameters_are_found_again(drawn):
    model = btyd.fit(*numbers(drawn, "x", "t_x", "age"), np.ones(len(drawn)))
    assert (model.r, model.alpha) == pytest.approx((0.8, 40.0), rel=0.1)
    assert model.a / (model.a + model.b) == pytest.approx(0.9 / 3.4, abs=0.03)


def test_equal_customers_count_as_often_as_they_are(cdnow):
    seen = cdnow.groupby(["frequency", "recency", "T"]).size().reset_index(name="n")
    grouped = btyd.fit(*numbers(seen, "frequency", "recency", "T", "n"))
    single = btyd.fit(*numbers(cdnow, "frequency", "recency", "T"), np.ones(len(cdnow)))
    assert grouped.log_likelihood == pytest.approx(single.log_likelihood, abs=1e-3)


def test_probabilities_are_those_of_the_drawn_truth(drawn):
    seen = numbers(drawn, "x", "t_x", "age")
    model = btyd.fit(*seen, np.ones(len(drawn)))
    drawn = drawn.assign(p_alive=btyd.p_alive(model, *seen), p_silent=btyd.p_silent(model, *seen, HORIZON))
    for said, true in (("p_alive", "alive"), ("p_silent", "silent")):
        tenths = drawn.groupby(pd.qcut(drawn[said].rank(method="first"), 10, labels=False))[[said, true]].mean()
        assert (tenths[said] - tenths[true]).abs().max() < 0.04, tenths


def test_a_one_time_buyer_is_below_one_and_falls_with_the_days():
    model = MbgNbd(0.5, 6.0, 0.9, 1.6, 0.0)
    age = np.array([0.0, 10.0, 100.0, 1_000.0])
    alive = btyd.p_alive(model, np.zeros(4), np.zeros(4), age)
    assert alive[0] == pytest.approx(1.6 / 2.5)  # nothing seen but the chance to leave after the first purchase
    assert (alive < 1).all() and (np.diff(alive) < 0).all()


@pytest.mark.parametrize(
    ("x", "t_x", "age", "why"),
    [([0, 0], [0, 0], [5, 9], "nobody came twice"), ([1], [9], [5], "after as_of"), ([0, 1], [3, 1], [5, 5], "single")],
)
def test_numbers_that_tell_nothing_are_refused(x, t_x, age, why):
    with pytest.raises(ValueError, match=why):
        btyd.fit(np.array(x), np.array(t_x), np.array(age), np.ones(len(x)))
