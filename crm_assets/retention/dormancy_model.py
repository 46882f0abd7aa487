"""The model of dormancy: will a customer buy nothing in the days after as_of?

A logistic regression on what ``dormancy_features`` knows, and beside it each simple rule (how often, how long ago, how
late, P(alive)) as a probability of its own, so that a rule can be set beside the model and can take its place. What is
kept is numbers: JSON. How good they are is ``dormancy_evidence``'s; tables are the assets'.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd
from scipy.special import expit

MODEL = "model"
# A rule → the column it reads, and whether more of it means dormant (+1) or the opposite.
RULES: Mapping[str, tuple[str, int]] = {
    "frequency": ("frequency", -1),
    "recency": ("recency_days", 1),
    "interval": ("lateness", 1),
    "p_alive": ("p_alive", -1),
    "p_silent": ("p_silent", 1),
}
CANDIDATES = (MODEL, *RULES)
LOGGED = (
    "recency_days", "frequency", "visit_days", "monetary", "age_days", "lateness", "receipts_30", "receipts_60",
    "receipts_90", "receipt_amount_mean", "receipt_lines_mean", "unit_amount", "last_receipt_amount",
    "last_receipt_lines",
)  # fmt: skip
PROBABILITIES = ("p_alive", "p_silent")  # as log-odds
# What a first receipt tells counts otherwise where it is the only one.
OF_ONE_RECEIPT = ("recency_days", "age_days", "receipt_lines_mean", "receipt_amount_mean", "unit_amount")
# Chosen on Online Retail's snapshots of March to May 2011, before the months that are reported (mean ROC-AUC of all /
# two receipts or more / one): strength 0.003 0.739 / 0.719 / 0.579, 0.01 0.739 / 0.716 / 0.581, 0.1 0.732 / 0.687 /
# 0.575. LightGBM beside it 0.737 / 0.711 / 0.584, the mean of both 0.742 / 0.715 / 0.589: one model, whose weights can
# be read, is worth the 0.003.
INVERSE_STRENGTH = 0.01
LEAST_OF_A_KIND = 10  # customers of either answer on whom a rule is calibrated
LEAST_WEIGHT = 1e-3  # of a rule, per standard deviation
MOST_ROWS = 200_000  # rows of a training


@dataclass(frozen=True)
class Line:
    """A logistic regression: weights per column in standard deviations.

    Attributes:
        columns: what it reads, as ``prepared`` names them; one that does not vary is left out.
        means, scales, weights: per column. intercept: of the log-odds.
    """

    columns: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def probability(self, prepared: pd.DataFrame) -> np.ndarray:
        """(n,) probability of dormancy. A value that is missing counts as the mean."""
        if not self.columns:
            return np.full(len(prepared), expit(self.intercept))
        values = (prepared[list(self.columns)].to_numpy(dtype=float) - np.array(self.means)) / np.array(self.scales)
        return expit(np.nan_to_num(values) @ np.array(self.weights) + self.intercept)


@dataclass(frozen=True)
class DormancyModel:
    """A trained model, and the rules calibrated on the same rows.

    Attributes:
        trained_as_of: ISO date of the training.
        horizon_days: days without a purchase.
        last_known_as_of: ISO date of the newest snapshot whose answer was known.
        rows, dormant_share: what it learned from.
        lines: name of ``CANDIDATES`` → its regression; a rule that too few have a value of is missing.
    """

    trained_as_of: str
    horizon_days: int
    last_known_as_of: str
    rows: int
    dormant_share: float
    lines: Mapping[str, Line]

    def to_json(self) -> str:
        """Canonical text: sorted keys, floats that read back exactly."""
        return json.dumps(asdict(self), sort_keys=True, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> DormancyModel:
        """The model that ``to_json`` wrote.

        Raises:
            ValueError: the text is no such model.
        """
        content = json.loads(text)
        if not isinstance(content, dict) or content.keys() != {f.name for f in fields(cls)}:
            raise ValueError("not a model of dormancy: train it anew")
        lines = {
            name: Line(**{k: tuple(v) if isinstance(v, list) else v for k, v in line.items()})
            for name, line in content.pop("lines").items()
        }
        return cls(**content, lines=lines)


def train(
    rows: pd.DataFrame, dormant: np.ndarray, *, trained_as_of: str, horizon_days: int, last_known_as_of: str
) -> DormancyModel:
    """Learn from customers whose answer is known.

    Args:
        rows: columns of ``dormancy_features``, of any number of snapshots; at most ``MOST_ROWS``.
        dormant: (n,) whether each bought nothing in the horizon after its snapshot; both answers occur.
    """
    made = prepared(rows)
    own = [name for name in made if not name.startswith("rule ")]
    lines = {MODEL: _fit(made, own, dormant, INVERSE_STRENGTH)}
    for name in RULES:
        known = made[_rule(name)].notna().to_numpy()  # an early snapshot may lack it
        if min(dormant[known].sum(), (1 - dormant[known]).sum()) >= LEAST_OF_A_KIND:
            lines[name] = _fit(made[known], [_rule(name)], dormant[known], 1.0)
    return DormancyModel(trained_as_of, horizon_days, last_known_as_of, len(rows), float(np.mean(dormant)), lines)


def probabilities(model: DormancyModel, rows: pd.DataFrame) -> pd.DataFrame:
    """Every candidate's probability of dormancy, a column each; missing where a rule has no regression or no value."""
    made = prepared(rows)
    said = {name: line.probability(made) for name, line in model.lines.items()}
    for name in RULES:
        said[name] = np.where(made[_rule(name)].isna(), np.nan, said.get(name, np.nan))
    return pd.DataFrame(said, columns=list(CANDIDATES), index=rows.index)


def said(model: DormancyModel, rows: pd.DataFrame) -> pd.DataFrame:
    """What is said of customers: customer_id, every candidate's probability, and the reason."""
    return rows[["customer_id"]].join(probabilities(model, rows)).assign(reason=main_reasons(model, rows))


def main_reasons(model: DormancyModel, rows: pd.DataFrame) -> pd.Series:
    """The column that adds most to each customer's log-odds, its weight times its standard deviations from the mean;
    none where no column adds."""
    line, made = model.lines[MODEL], prepared(rows)
    if not line.columns:
        return pd.Series(None, index=rows.index, dtype="str")
    values = (made[list(line.columns)].to_numpy(dtype=float) - np.array(line.means)) / np.array(line.scales)
    added = np.nan_to_num(values) * np.array(line.weights)
    names = np.array(line.columns, dtype=object)[added.argmax(axis=1)]
    return pd.Series(np.where(added.max(axis=1) > 0, names, None), index=rows.index).astype("str")


def prepared(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of the regressions: amounts, counts and days as logarithms, probabilities as log-odds."""
    made = {name: _logged(rows[name]) for name in LOGGED}
    made |= {name: _log_odds(rows[name]) for name in PROBABILITIES}
    one = (rows["frequency"] == 1).astype(float)
    made["one receipt"] = one
    made |= {f"one receipt: {name}": made[name].where(one == 1, 0.0) for name in OF_ONE_RECEIPT}
    for name, (column, sign) in RULES.items():
        made[_rule(name)] = sign * made[column]
    return pd.DataFrame(made, index=rows.index)


def _rule(name: str) -> str:
    return f"rule {name}"


def _logged(values: pd.Series) -> pd.Series:
    """log(1 + value); netted returns may leave an amount below 0, which counts as 0."""
    return np.log1p(values.astype(float).clip(lower=0))


def _log_odds(values: pd.Series) -> pd.Series:
    clipped = values.astype(float).clip(1e-9, 1 - 1e-9)
    return np.log(clipped) - np.log1p(-clipped)


def _fit(made: pd.DataFrame, names: Sequence[str], dormant: np.ndarray, inverse_strength: float) -> Line:
    """A regression of the columns that vary. A rule that the data turn round keeps its order, at the base rate: a rule
    is what it says, not its opposite."""
    means, scales = made[list(names)].mean(), made[list(names)].std(ddof=0)
    kept = [name for name in names if scales[name] > 1e-12]
    share = float(np.mean(dormant))
    base = Line((), (), (), (), float(np.log(share / (1 - share))))
    if not kept:
        return base
    values = np.nan_to_num(((made[kept] - means[kept]) / scales[kept]).to_numpy(dtype=float))
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=inverse_strength, max_iter=2_000).fit(values, dormant)
    weights, intercept = found.coef_[0], float(found.intercept_[0])
    if len(names) == 1 and weights[0] < LEAST_WEIGHT:
        weights, intercept = np.array([LEAST_WEIGHT]), base.intercept
    places = [tuple(float(part[name]) for name in kept) for part in (means, scales)]
    return Line(tuple(kept), *places, tuple(float(weight) for weight in weights), intercept)
