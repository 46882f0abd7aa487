"""``experiments``: equal to statsmodels, SciPy and GrowthBook on the same customers; exact; silent where too few."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest
from gbstats.models.statistics import RegressionAdjustedStatistic, SampleMeanStatistic, compute_theta
from gbstats.utils import check_srm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, chisquare, ttest_ind
from statsmodels.stats.proportion import confint_proportions_2indep, power_proportions_2indep, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from crm_assets.statistics.experiments import (
    SRM_ALARM,
    Arm,
    conversion_difference,
    cuped,
    detectable_difference,
    detectable_mean_difference,
    srm,
    welch_difference,
)

RANDOM = np.random.default_rng(11)
SHAPES = [(900, 300, 0.0), (400, 400, -0.3), (60, 50, 0.5), (2_000, 1_700, -0.05)]  # treated, held out, lift
CUSTOMERS = []  # of each shape: (before, after) of the treated, of those held out
for sizes in SHAPES:
    arms = []
    for count, effect in ((sizes[0], sizes[2]), (sizes[1], 0.0)):
        taste = RANDOM.normal(0, 0.5, count)
        before, after = (np.round(np.exp(6 + taste + 0.4 * RANDOM.normal(size=count)), 2) for _ in range(2))
        bought = RANDOM.random((2, count)) < 0.7
        arms.append((before * bought[0], np.round(after * bought[1] * (1 + effect), 2)))
    CUSTOMERS.append(tuple(arms))


def arm(before, after) -> Arm:
    """From cents, as exact as the warehouse's sums."""
    x, y = ([Decimal(str(round(float(v), 2))) for v in values] for values in (before, after))
    pairs = list(zip(x, y, strict=True))
    squares = (sum(v * v for v in y), sum(x, Decimal(0)), sum(v * v for v in x), sum(a * b for a, b in pairs))
    return Arm.of_sums(len(y), sum(y, Decimal(0)), *squares)


@pytest.mark.parametrize(("treated", "held"), CUSTOMERS)
def test_welch_equals_statsmodels_and_scipy(treated, held) -> None:
    found = welch_difference(arm(*treated), arm(*held))
    compared = CompareMeans(DescrStatsW(treated[1]), DescrStatsW(held[1]))
    low, high = compared.tconfint_diff(usevar="unequal")
    expected = ttest_ind(treated[1], held[1], equal_var=False)
    assert found.p[0] == pytest.approx(compared.ttest_ind(usevar="unequal")[1], rel=1e-9)
    assert found.p[0] == pytest.approx(expected.pvalue, rel=1e-9)
    assert (found.low[0], found.high[0]) == pytest.approx((low, high), rel=1e-9)
    assert (found.treatment[0], found.control[0]) == pytest.approx((treated[1].mean(), held[1].mean()))
    assert math.copysign(1, found.difference[0]) == math.copysign(1, expected.statistic)


@pytest.mark.parametrize(("treated", "held"), CUSTOMERS)
def test_welch_equals_growthbook(treated, held) -> None:
    statistics = [SampleMeanStatistic(len(a), a.sum(), (a**2).sum()) for _, a in (held, treated)]
    expected = TwoSidedTTest(*statistics, FrequentistConfig(difference_type="absolute")).compute_result()
    found = welch_difference(arm(*treated), arm(*held))
    assert found.p[0] == pytest.approx(expected.p_value, abs=1e-12)
    assert (found.difference[0], found.low[0], found.high[0]) == pytest.approx((expected.expected, *expected.ci))


@pytest.mark.parametrize(("treated", "held"), CUSTOMERS)
def test_cuped_equals_growthbook(treated, held) -> None:
    """With our θ, pooled within the arms. GrowthBook pools over both at once, which is nearly the same."""
    within = [np.cov(*a) * (len(a[0]) - 1) for a in (treated, held)]
    theta = sum(c[0, 1] for c in within) / sum(c[0, 0] for c in within)

    def adjusted(x, y, theta) -> RegressionAdjustedStatistic:
        post, pre = (SampleMeanStatistic(len(v), v.sum(), (v**2).sum()) for v in (y, x))
        return RegressionAdjustedStatistic(len(y), post, pre, (x * y).sum(), theta)

    absolute = FrequentistConfig(difference_type="absolute")
    test = TwoSidedTTest(adjusted(*held, 0), adjusted(*treated, 0), absolute)
    test.stat_a.theta = test.stat_b.theta = theta  # it sets its own when it is made
    expected = test.compute_result()
    found = cuped(arm(*treated), arm(*held))
    assert found.p[0] == pytest.approx(expected.p_value, abs=1e-12)
    assert (found.difference[0], found.low[0], found.high[0]) == pytest.approx((expected.expected, *expected.ci))
    own = compute_theta(adjusted(*held, 0), adjusted(*treated, 0))
    alike = TwoSidedTTest(adjusted(*held, own), adjusted(*treated, own), absolute).compute_result()
    assert found.difference[0] == pytest.approx(alike.expected, abs=0.1 * (alike.ci[1] - alike.ci[0]))


@pytest.mark.parametrize(("treated", "held"), CUSTOMERS)
def test_cuped_takes_out_what_was_there_before(treated, held) -> None:
    plain, found = welch_difference(arm(*treated), arm(*held)), cuped(arm(*treated), arm(*held))
    residuals = [
        np.concatenate([values - values.mean() for values in side]) for side in zip(treated, held, strict=True)
    ]
    assert found.variance_reduction[0] == pytest.approx(np.corrcoef(*residuals)[0, 1] ** 2)
    assert found.high[0] - found.low[0] < plain.high[0] - plain.low[0]
    assert found.treatment[0] - found.control[0] == pytest.approx(found.difference[0])
    sizes = [len(side[0]) for side in (treated, held)]
    assert np.average([found.treatment[0], found.control[0]], weights=sizes) == pytest.approx(
        np.average([plain.treatment[0], plain.control[0]], weights=sizes)
    )


def test_without_spread_before_cuped_is_plain() -> None:
    arms = [arm(np.full(50, 10.0), RANDOM.integers(0, 9, 50)) for _ in range(2)]
    plain, found = welch_difference(*arms), cuped(*arms)
    for name in ("treatment", "control", "difference", "low", "high", "p"):
        assert getattr(plain, name)[0] == getattr(found, name)[0]
    assert found.variance_reduction[0] == 0


def test_a_perfect_covariate_explains_all() -> None:
    """What is left is the lift of everybody by 5, without any spread: no test, but no failure either."""
    before = RANDOM.integers(1, 500, 60).astype(float)
    found = cuped(arm(before, before + 5), arm(before, before))
    assert found.variance_reduction[0] == 1 and found.difference[0] == pytest.approx(5)


@pytest.mark.parametrize(
    "counts", [(300, 4_000, 60, 1_000), (30, 100, 20, 100), (12, 50, 5, 40), (5_000, 9_000, 997, 999)]
)
def test_conversion_equals_statsmodels_and_growthbook(counts) -> None:
    x1, n1, x2, n2 = counts
    found = conversion_difference(*counts)
    assert found.p == pytest.approx(proportions_ztest([x1, x2], [n1, n2])[1], rel=1e-9)
    low, high = confint_proportions_2indep(x1, n1, x2, n2, method="wald", compare="diff")
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)
    assert found.difference == pytest.approx(x1 / n1 - x2 / n2)
    ones = [SampleMeanStatistic(n, x, x) for x, n in ((x2, n2), (x1, n1))]
    growthbook = TwoSidedTTest(*ones, FrequentistConfig(difference_type="absolute")).compute_result()
    assert (found.low, found.high) == pytest.approx(tuple(growthbook.ci), abs=0.05 * (high - low) + 1e-12)


@pytest.mark.parametrize(
    ("treated", "held", "share"), [(800, 200, 0.2), (850, 150, 0.2), (5_000, 5_300, 0.5), (25, 2, 0.3)]
)
def test_srm_equals_scipy_and_growthbook(treated, held, share) -> None:
    found = srm(treated, held, share)
    whole = treated + held
    assert found == pytest.approx(chisquare([treated, held], [whole * (1 - share), whole * share]).pvalue)
    assert found == pytest.approx(check_srm([treated, held], [1 - share, share]))


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("customers", [100, 1_000, 20_000])
def test_srm_alarms_as_often_as_it_says_and_not_more(share, customers) -> None:
    """Over every outcome of a right assignment, each by its probability."""
    held = np.arange(customers + 1)
    alarmed = srm(customers - held, held, share) < SRM_ALARM
    assert binom.pmf(held[alarmed], customers, share).sum() == pytest.approx(SRM_ALARM, abs=0.0011)


def test_srm_finds_a_file_that_lost_some_of_the_control() -> None:
    """Fifteen in a hundred of those held out, of ten thousand customers."""
    held = RANDOM.binomial(9_700, 0.2 * 0.85 / 0.97, 2_000)
    assert (srm(9_700 - held, held, 0.2) < SRM_ALARM).mean() > 0.99


def test_srm_needs_customers_and_a_share() -> None:
    assert np.isnan(srm([0, 20], [0, 4], 0.2)).all()
    for share in (0, 1, float("nan")):
        with pytest.raises(ValueError, match="between 0 and 1"):
            srm(80, 20, share)


def test_a_loss_is_below_zero_everywhere() -> None:
    before, less, more = RANDOM.integers(0, 90, 80), RANDOM.integers(0, 50, 80), RANDOM.integers(50, 100, 80)
    for compared in (welch_difference, cuped):
        found = compared(arm(before, less), arm(before, more))
        assert found.high[0] < 0 and found.p[0] < 0.001
    found = conversion_difference(10, 100, 40, 100)
    assert found.high < 0 and found.p < 0.001


@pytest.mark.parametrize("mean", [10**6, 10**12, 10**15])
def test_huge_means_with_a_small_spread_lose_no_digit(mean) -> None:
    """In doubles Σy² − (Σy)²/n of a mean of 10¹² would be noise, even below 0."""
    cents = [Fraction(int(c), 100) for c in RANDOM.integers(0, 300, 200)]

    def sums(values) -> Arm:
        return Arm.of_sums(len(values), sum(values), sum(v * v for v in values))

    small = welch_difference(sums([c + 1 for c in cents[:100]]), sums(cents[100:]))
    large = welch_difference(sums([c + mean + 1 for c in cents[:100]]), sums([c + mean for c in cents[100:]]))
    for name in ("difference", "low", "high", "p"):
        assert getattr(large, name)[0] == getattr(small, name)[0], name


def test_huge_means_lose_no_digit_of_the_covariate_either() -> None:
    x, y = ([Fraction(int(v), 100) for v in RANDOM.integers(0, 300, 200)] for _ in range(2))
    y = [a + b for a, b in zip(x, y, strict=True)]

    def sums(far: int, rows: slice) -> Arm:
        a, b = [v + far for v in x[rows]], [v + far for v in y[rows]]
        products = sum(p * q for p, q in zip(a, b, strict=True))
        return Arm.of_sums(len(b), sum(b), sum(v * v for v in b), sum(a), sum(v * v for v in a), products)

    near, far = (cuped(sums(away, slice(0, 100)), sums(away, slice(100, 200))) for away in (0, 10**12))
    assert far.variance_reduction[0] == near.variance_reduction[0] > 0.3
    assert (far.p[0], far.low[0], far.high[0]) == (near.p[0], near.low[0], near.high[0])


@pytest.mark.parametrize(
    ("treated", "held", "why"),
    [
        ([1, 2, 3, 4, 5, 6, 7], list(range(50)), "seven customers"),
        ([5] * 40, [7] * 40, "nobody differs"),
        ([0] * 96 + [1] * 4, [0] * 96 + [1] * 4, "four buyers an arm"),
        ([0] * 50 + [10] * 50, [0] * 50 + [10] * 49 + [100_000], "one customer's sum"),
        ([0] * 700 + [10] * 100, [0] * 175 + [10] * 25, "arms of unlike size, one in eight buys"),
        ([], [1, 2, 3] * 9, "an empty arm"),
        ([0] * 30, [0] * 30, "nobody bought"),
    ],
)
def test_too_few_have_no_p_and_no_interval(treated, held, why) -> None:
    for compared in (welch_difference, cuped):
        found = compared(*(arm(np.arange(len(side)), side) for side in (treated, held)))
        assert np.isnan([found.p[0], found.low[0], found.high[0]]).all(), why


def test_enough_have_one() -> None:
    """Just beyond the limits of the cases above."""
    for treated, held in (
        ([1, 2, 3, 4, 5, 6, 7, 8], list(range(10))),
        ([0] * 95 + [1] * 5, [0] * 95 + [1] * 5),
        ([0] * 400 + [10] * 400, [0] * 100 + [10] * 100),
    ):
        assert 0 <= welch_difference(*(arm(np.arange(len(side)), side) for side in (treated, held))).p[0] <= 1


def test_conversion_of_too_few_has_no_p() -> None:
    found = conversion_difference([3, 0, 40, 7], [7, 500, 40, 100], [1, 0, 10, 0], [50, 400, 10, 0])
    assert np.isnan(found.p).all() and np.isnan(found.low).all() and np.isnan(found.high).all()
    assert np.isnan(found.control[3]) and found.treatment[3] == 0.07


SUMS = st.lists(st.integers(-(10**6), 10**9), min_size=0, max_size=40)


@settings(max_examples=300, deadline=None)
@given(SUMS, SUMS, SUMS, SUMS)
def test_p_is_never_above_one(one, one_before, other, other_before) -> None:
    arms = [
        arm(np.resize(x, len(y)) if x else np.zeros(len(y)), y) for x, y in ((one_before, one), (other_before, other))
    ]
    for found in (welch_difference(*arms), cuped(*arms)):
        p, low, high, difference = found.p[0], found.low[0], found.high[0], found.difference[0]
        assert np.isnan(p) or (0 <= p <= 1 and low <= difference <= high)
        assert np.isnan(p) == np.isnan(low) == np.isnan(high)
    reduction = cuped(*arms).variance_reduction[0]
    assert np.isnan(reduction) or 0 <= reduction <= 1


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 5_000), st.integers(0, 5_000), st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.99))
def test_p_of_counts_is_never_above_one(n1, n2, one, other, share) -> None:
    found = conversion_difference(int(n1 * one), n1, int(n2 * other), n2)
    for p in (float(found.p), float(srm(n1, n2, share))):
        assert math.isnan(p) or 0 <= p <= 1


def test_a_missing_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="give 0 for nobody"):
        Arm.of_sums([10], [None], [3])
    with pytest.raises(ValueError, match="give 0 for nobody"):
        Arm.of_sums([10], [float("nan")], [3])


@pytest.mark.parametrize(
    ("n1", "n2", "share"), [(4_000, 1_000, 0.3), (400, 100, 0.05), (900, 900, 0.5), (50_000, 9_000, 0.9)]
)
def test_the_detectable_difference_has_the_power_it_says(n1, n2, share) -> None:
    rise = detectable_difference(n1, n2, share)
    assert power_proportions_2indep(rise, share, n1, ratio=n2 / n1).power == pytest.approx(0.8, abs=0.01)
    x1, x2 = RANDOM.binomial(n1, share + rise, 20_000), RANDOM.binomial(n2, share, 20_000)
    assert (conversion_difference(x1, n1, x2, n2).p < 0.05).mean() == pytest.approx(0.8, abs=0.04)
    assert rise < detectable_difference(n1, n2, share, power=0.9) and rise < detectable_difference(n1, n2 // 2, share)


def test_the_detectable_difference_at_the_ends() -> None:
    assert 0 < detectable_difference(800, 200, 0.0) < 0.1
    for nothing in ((800, 0, 0.3), (0, 200, 0.3), (800, 200, 1.0), (20, 5, 0.9)):
        assert math.isnan(detectable_difference(*nothing))
    for wrong in ((-1, 5, 0.3), (5, 5, 1.3), (5, 5, 0.3, 1.0)):
        with pytest.raises(ValueError, match="power and alpha"):
            detectable_difference(*wrong)


def test_the_detectable_difference_of_means_has_the_power_it_says() -> None:
    """Zero-inflated spend, 2,000 against 500."""
    spend = np.round(RANDOM.lognormal(3, 1, 2_500) * (RANDOM.random(2_500) < 0.4), 2)
    cents = [Decimal(str(v)) for v in spend]
    found = detectable_mean_difference(2_000, 500, sum(cents, Decimal(0)), sum((c * c for c in cents), Decimal(0)))
    assert found == pytest.approx((1.959964 + 0.841621) * spend.std(ddof=1) * math.sqrt(1 / 2_000 + 1 / 500), rel=1e-6)
    drawn = RANDOM.choice(spend, (3_000, 2_500)) + np.r_[np.full(2_000, found), np.zeros(500)]
    p = ttest_ind(drawn[:, :2_000], drawn[:, 2_000:], axis=1).pvalue
    assert (p < 0.05).mean() == pytest.approx(0.8, abs=0.03)


def test_the_detectable_difference_of_means_at_the_ends() -> None:
    assert detectable_mean_difference(50, 50, Decimal(300), Decimal(900)) == 0  # everybody spends 3
    for nothing in ((50, 0, 150, 450), (5, 5, 30, 90), (50, 50, 0, 0), (800, 200, 3_000, 9_000_000)):
        n1, n2, total, squares = nothing  # no arm, too small, nobody bought, all by one customer
        assert math.isnan(detectable_mean_difference(n1, n2, Decimal(total), Decimal(squares)))


@pytest.mark.parametrize(("n1", "n2", "share"), [(160, 40, 0.0), (100, 20, 0.02), (900, 12, 0.1), (60, 9, 0.3)])
def test_what_is_called_detectable_is_tested(n1, n2, share) -> None:
    """Of a rise as large as is stated the expected counts make a test."""
    rise = detectable_difference(n1, n2, share)
    both = (n1 * (share + rise) + n2 * share) / (n1 + n2)
    assert n2 * both >= 5 - 1e-9 and n2 * (1 - both) >= 5 - 1e-9 if not math.isnan(rise) else n2 < 10
    assert math.isnan(detectable_difference(n1, 7, share))
    with pytest.raises(ValueError, match="power and alpha"):
        detectable_mean_difference(-1, 5, Decimal(0), Decimal(0))
