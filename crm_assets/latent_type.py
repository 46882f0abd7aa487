"""The latent type of a new customer: LightGBM on what its first one to three receipts tell.

The question: which type will a customer have ``horizon_days`` after its last known receipt, if it goes on to become an
existing one? The shipped model is trained for that cold start: on existing customers cut to their first 1, 2 and 3
receipts, with the type that they have at as_of and the days between the two as ``exposure_days``. Fitting, keeping as
text and predicting belong here; the rows are ``model_rows``, how good it is ``evaluation``, why it says so ``reasons``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import softmax

from crm_assets.model_rows import EXPOSURE, Recipe, available, encoders_of, matrix

try:
    import lightgbm as lgb
except OSError as error:  # the wheel needs the system's OpenMP, which a bare machine may lack
    raise ImportError(
        f"LightGBM cannot be loaded: {error}. Remedy on Debian and Ubuntu: apt-get install libgomp1"
    ) from error

LIGHTGBM_VERSION = lgb.__version__
# Fixed, so that a model's text does not depend on the machine. One, because a second thread that waits for a busy core
# costs far more than it gains: 3 folds of 12,000 customers took 17 s with one thread, 24 s to 159 s with two.
THREADS = 1
BATCH = 100_000  # rows predicted at once
DECIMALS = 6  # of a probability

COMMON = {
    "objective": "multiclass",
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": THREADS,
    "verbosity": -1,
}
SEEDS = ("seed", "bagging_seed", "feature_fraction_seed", "data_random_seed", "extra_seed")


@dataclass(frozen=True)
class Learner:
    """How a booster is trained.

    Attributes:
        parameters: LightGBM's, beside ``COMMON``.
        trees: per class.
        rarity_power: the weight of a row is (mean size of a type / size of its type) to this power.
    """

    parameters: Mapping[str, Any]
    trees: int
    rarity_power: float


# small_trees was chosen on the development half of Online Retail (768 existing customers, 6 x 5 folds; mean macro-F1
# over the first 1, 2, 3 receipts, noise 0.01): 60 trees of 15 leaves 0.42, small trees 0.44, small trees of random
# splits (extra_trees) 0.46, with rarity 0.6 0.465; 0 and 1 are worse. No better: more trees, one model per number of
# receipts, soft targets from the distances to the centres, labels of earlier months, ordinal targets, self-training on
# new customers, categories by smoothed targets, seed averaging.
LEARNERS = {
    "small_trees": Learner(
        {
            "learning_rate": 0.1,
            "num_leaves": 6,
            "min_child_samples": 60,
            "lambda_l2": 5.0,
            "extra_trees": True,
            "feature_fraction": 0.5,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
        },
        trees=100,
        rarity_power=0.6,
    ),
    "lightgbm_defaults": Learner({}, trees=100, rarity_power=0.0),  # as S0 has it
}


@dataclass(frozen=True)
class LatentTypeModel:
    """A trained model: two texts, the booster's and ``metadata_json``.

    Attributes:
        booster: LightGBM's own text.
        classes: segment ids, sorted, in order of the booster's classes.
        shares: share of the training customers per class.
        features: columns used, in order of the contract; ``exposure_days`` last, where the recipe has it.
        unavailable: columns of the recipe that are wholly null in the training rows, left out.
        encoders: per categorical feature the code of every category seen in training.
        customers, rows: it was trained on.
        longest_exposure: days between a cut and its label, at most; a longer horizon is answered as this one.
        seed: of every draw behind it.
        trained_as_of: ISO day; nothing later was read.
        temperature: by which margins are divided before they become probabilities (``calibration``).
        settings: the knobs that it was trained with.
        fingerprint: SHA-256 of the training data.
        metrics: its figures when it was trained, by ``protocol/slice/metric``.
        reference: the customers that it was made to score, then: distributions that drift is measured against.
    """

    booster: str
    classes: tuple[str, ...]
    shares: Mapping[str, float]
    features: tuple[str, ...]
    unavailable: tuple[str, ...]
    encoders: Mapping[str, Mapping[str, int]]
    customers: int
    rows: int
    longest_exposure: int
    seed: int
    trained_as_of: str = ""
    temperature: float = 1.0
    settings: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    reference: Mapping[str, Any] = field(default_factory=dict)

    def metadata_json(self) -> str:
        """All but the booster, canonical: sorted keys."""
        content = {name: value for name, value in asdict(self).items() if name != "booster"}
        return json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_texts(cls, booster: str, metadata: str) -> LatentTypeModel:
        """The model of the two texts.

        Raises:
            ValueError: the metadata is of no such model.
        """
        content = json.loads(metadata)
        names = {f.name for f in fields(cls)} - {"booster"}
        if not isinstance(content, dict) or content.keys() != names:
            raise ValueError(f"not a latent-type model: its metadata must hold exactly {sorted(names)}; train it anew")
        for name in ("classes", "features", "unavailable"):
            content[name] = tuple(content[name])
        return cls(booster=booster, **content)

    @cached_property
    def trees(self) -> lgb.Booster:
        """The booster, read from its text."""
        return lgb.Booster(model_str=self.booster)


def fit_rows(rows: pd.DataFrame, recipe: Recipe, *, seed: int) -> LatentTypeModel:
    """A model of exactly these rows; encoders and unavailable columns come from them alone.

    Args:
        rows: of ``model_rows.labelled_rows``.
        recipe: what the model sees.
        seed: of every draw.

    Raises:
        ValueError: one type only, no model column with a value, or an exposure asked of whole histories.
    """
    classes = sorted(rows["label"].unique())
    if len(classes) < 2:
        raise ValueError(f"all customers are of the type {classes[0]!r}; a model needs two types, so train later")
    if recipe.exposure and rows[EXPOSURE].isna().any():
        raise ValueError("whole histories have no exposure; train on cut rows, or by a recipe without exposure")
    used = available(rows, recipe.names)
    if not set(used) - {EXPOSURE}:
        raise ValueError("every model column is empty; check the feature table of this month")
    encoders = encoders_of(rows, used)
    codes = pd.Categorical(rows["label"], categories=classes).codes
    booster = boost(matrix(rows, used, encoders), codes, LEARNERS[recipe.learner], names=used, seed=seed)
    customers = rows.drop_duplicates("customer_id")["label"]
    return LatentTypeModel(
        booster=booster.model_to_string(),
        classes=tuple(classes),
        shares={c: float(share) for c, share in customers.value_counts(normalize=True).reindex(classes).items()},
        features=used,
        unavailable=tuple(name for name in recipe.columns if name not in used),
        encoders=encoders,
        customers=len(customers),
        rows=len(rows),
        longest_exposure=int(rows[EXPOSURE].max()) if recipe.exposure else 0,
        seed=seed,
    )


def boost(x: np.ndarray, codes: np.ndarray, learner: Learner, *, names: Sequence[str], seed: int) -> lgb.Booster:
    """The trees of a matrix (rows, names); ``codes`` are the rows' classes, 0 …, each of which some row has."""
    data = lgb.Dataset(x, codes, weight=rarity_weights(codes, learner.rarity_power), feature_name=list(names))
    given = {**COMMON, **learner.parameters, **dict.fromkeys(SEEDS, seed), "num_class": int(codes.max()) + 1}
    return lgb.train(given, data, num_boost_round=learner.trees)


def rarity_weights(codes: np.ndarray, power: float) -> np.ndarray:
    """The weight of every row: (mean size of a class / size of its class) to this power."""
    sizes = np.bincount(codes)
    return (sizes.mean() / sizes[codes]) ** power


def margins(model: LatentTypeModel, rows: pd.DataFrame) -> np.ndarray:
    """(rows, classes) raw scores of the booster; a customer's are known up to a constant.

    Raises:
        ValueError: a column that the model uses is missing.
    """
    parts = [model.trees.predict(part, raw_score=True, num_threads=THREADS) for part in batches(model, rows)]
    return np.vstack(parts) if parts else np.empty((0, len(model.classes)))


def batches(model: LatentTypeModel, rows: pd.DataFrame) -> Iterator[np.ndarray]:
    """The rows as the booster sees them, at most ``BATCH`` at once."""
    for start in range(0, len(rows), BATCH):
        yield matrix(rows.iloc[start : start + BATCH], model.features, model.encoders)


def class_probabilities(model: LatentTypeModel, rows: pd.DataFrame) -> np.ndarray:
    """(rows, classes) probabilities, softmax(margin / temperature), in order of ``model.classes``.

    Raises:
        ValueError: a column that the model uses is missing.
    """
    return softmax(margins(model, rows) / model.temperature, axis=1)


def answered_days(model: LatentTypeModel, horizon_days: int) -> int:
    """The horizon that the model can speak of, at least 1: beyond the days that it has learned of its answer stays the
    same, and to state it for a later day would be a claim that nothing supports."""
    return max(min(horizon_days, model.longest_exposure), 1)


def asked(features: pd.DataFrame, horizon_days: int) -> pd.DataFrame:
    """The rows of new customers with the question's exposure: the same for all, so that no date shows through it."""
    return features.assign(**{EXPOSURE: float(horizon_days)})


def predict(model: LatentTypeModel, features: pd.DataFrame, *, horizon_days: int, floor: float = 0.0) -> pd.DataFrame:
    """The latent type of new customers.

    Args:
        model: trained for cold start.
        features: one row per customer: customer_id and the model columns.
        horizon_days: after the last known receipt, at which the type is asked.
        floor: probability of the named type below which the model abstains.

    Returns:
        customer_id, segment_id, its probability, abstained, and probabilities (canonical JSON: every type, six
        digits), sorted by customer_id. Of equal margins the first type by id wins.

    Raises:
        ValueError: a customer has two rows.
    """
    if features["customer_id"].duplicated().any():
        raise ValueError("a customer has several rows; pass those of one cut-off")
    rows = asked(features.sort_values("customer_id", kind="stable"), horizon_days)
    scores = margins(model, rows)
    best = scores.argmax(axis=1)  # not of the rounded probabilities: ``reasons`` must speak of the same type
    probabilities = softmax(scores / model.temperature, axis=1).round(DECIMALS)
    probability = probabilities[np.arange(len(rows)), best]
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"].to_numpy(),
            "segment_id": np.array(model.classes, dtype=object)[best],
            "probability": probability,
            "abstained": probability < floor,
            "probabilities": [
                json.dumps(dict(zip(model.classes, row, strict=True)), ensure_ascii=False, sort_keys=True)
                for row in probabilities.tolist()
            ],
        }
    ).astype({"segment_id": "str", "probabilities": "str"})
