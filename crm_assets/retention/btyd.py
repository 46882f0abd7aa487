"""Buy till you die: the MBG/NBD model, fitted by maximum likelihood, and what it says of a customer.

Purchases follow a Poisson process whose rate is gamma distributed (shape r, rate alpha); after every purchase, the
first included, the customer drops out with a probability that is beta distributed (a, b). So a customer with one
purchase can have dropped out too, which the BG/NBD model rules out: its one-time buyers are alive for certain.

Source: Batislam, Denizel and Filiztekin 2007, Empirical validation and comparison of models for customer base analysis.
A customer is three numbers: x, purchase dates after the first; t_x, days from the first to the last; T, days from the
first to as_of. Nothing of tables belongs here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from scipy.special import expit, gammaln

STARTS = ((1.0, 30.0, 1.0, 2.0), (0.5, 60.0, 0.1, 5.0))  # r, alpha, a, b from which the likelihood is climbed
# Where the data show no drop-out the likelihood is flat in a and b; parameters stay within what doubles tell apart.
LOG_BOUNDS = ((-6.0, 9.0),) * 4


@dataclass(frozen=True)
class MbgNbd:
    """A fitted model.

    Attributes:
        r, alpha: gamma of the purchase rates; alpha in days.
        a, b: beta of the drop-out probability.
        log_likelihood: of all customers.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float


def fit(x: np.ndarray, t_x: np.ndarray, age: np.ndarray, counts: np.ndarray) -> MbgNbd:
    """The parameters of the greatest likelihood.

    Args:
        x: (n,) repeat purchase dates.
        t_x: (n,) days from the first to the last.
        age: (n,) days from the first to as_of, at least t_x.
        counts: (n,) customers who have these three numbers.

    Raises:
        ValueError: nobody came twice, or a customer's numbers contradict each other.
    """
    x, t_x, age, counts = (np.asarray(v, dtype=float) for v in (x, t_x, age, counts))
    if not counts[x > 0].sum():
        raise ValueError("nobody came twice: rates and drop-out cannot be told apart")
    if (x < 0).any() or (t_x > age).any() or ((x == 0) & (t_x > 0)).any():
        raise ValueError("a customer's last purchase lies after as_of, or a single purchase is not its first")
    total = counts.sum()

    def loss(logs: np.ndarray) -> float:
        return -float(counts @ log_likelihoods(np.exp(logs), x, t_x, age)) / total

    found = [scipy.optimize.minimize(loss, np.log(start), method="L-BFGS-B", bounds=LOG_BOUNDS) for start in STARTS]
    best = min(found, key=lambda one: one.fun)
    return MbgNbd(*(float(v) for v in np.exp(best.x)), log_likelihood=float(-best.fun * total))


def log_likelihoods(parameters: np.ndarray, x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> np.ndarray:
    """(n,) logarithm of the likelihood of each customer; ``parameters``: r, alpha, a, b."""
    r, alpha, a, b = parameters
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    common += gammaln(a + b) + gammaln(b + x + 1) - gammaln(b) - gammaln(a + b + x + 1)
    alive = -(r + x) * np.log(alpha + age)
    dropped = np.log(a) - np.log(b + x) - (r + x) * np.log(alpha + t_x)
    return common + np.logaddexp(alive, dropped)


def p_alive(model: MbgNbd, x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> np.ndarray:
    """(n,) probability that each customer has not dropped out by as_of; below 1 for everybody."""
    odds = np.log(model.b + x) - np.log(model.a)
    odds -= (model.r + x) * (np.log(model.alpha + age) - np.log(model.alpha + t_x))
    return expit(odds)


def p_silent(model: MbgNbd, x: np.ndarray, t_x: np.ndarray, age: np.ndarray, days: float) -> np.ndarray:
    """(n,) probability of no purchase in the ``days`` after as_of: dropped out, or alive with a gap that long.

    Alive, the rate is gamma (r + x, alpha + T): no purchase has ((alpha + T) / (alpha + T + days))^(r + x).
    """
    waiting = np.exp((model.r + x) * (np.log(model.alpha + age) - np.log(model.alpha + age + days)))
    return 1 - p_alive(model, x, t_x, age) * (1 - waiting)
