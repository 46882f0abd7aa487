"""The latent type of a new customer: LightGBM on what its few receipts tell.

The question: which type will a customer have ``horizon_days`` after its last known receipt, if it goes on to become an
existing one? The shipped model is trained for that cold start: on existing customers cut to their first 1, 2 and 3
receipts, with the type that they have at as_of and the days between the two as ``exposure_days``. Fitting, keeping as
text and predicting belong here; how trees grow is ``boosting``, the rows are ``model_rows``, how good it is
``evaluation``, why it says so ``reasons``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import softmax

from crm_assets.boosters import load_lightgbm
from crm_assets.prediction.boosting import LEARNERS, THREADS, boost
from crm_assets.prediction.model_rows import EXPOSURE, Recipe, available, encoders_of, matrix

if TYPE_CHECKING:
    from lightgbm import Booster

BATCH = 100_000  # rows predicted at once
DECIMALS = 6  # of a probability


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

    def __getstate__(self) -> dict[str, Any]:
        """What is sent to an executor: the texts, without the booster that was read from one."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @cached_property
    def trees(self) -> Booster:
        """The booster, read from its text."""
        return load_lightgbm().Booster(model_str=self.booster)


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
