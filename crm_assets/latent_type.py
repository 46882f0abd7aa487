"""The latent type of a new customer: LightGBM on what its first one to three receipts tell.

The shipped model is trained for that cold start: on existing customers cut to their first 1, 2 and 3 receipts, with
the type that they have at as_of. How good it is, is in ``evaluation``. Fitting, keeping as text and predicting belong
here; making the features (``sql/feature_table.sql``) and deciding when to train do not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property

import numpy as np
import pandas as pd

from crm_assets.contracts.feature_table import is_categorical, model_columns

try:
    import lightgbm as lgb
except OSError as error:  # the wheel needs the system's OpenMP, which a bare machine may lack
    raise ImportError(
        f"LightGBM cannot be loaded: {error}. Remedy on Debian and Ubuntu: apt-get install libgomp1"
    ) from error

CUTS = ("1", "2", "3")  # first receipts kept
# Fixed, so that a model's text does not depend on the machine. One, because a second thread that waits for a busy core
# costs far more than it gains: 3 folds of 12,000 customers took 17 s with one thread, 24 s to 159 s with two.
THREADS = 1
BATCH = 100_000  # rows predicted at once
DECIMALS = 6  # of a probability

# Measured on Online Retail (3 x 3 folds, macro-F1 on the first 1 / 2 / 3 receipts): 200 trees without weights
# 0.36 / 0.41 / 0.43, stated confidence 0.66 where 0.57 was right; 100 trees with weights by the root of rarity
# 0.38 / 0.43 / 0.45, stated 0.58 where 0.55 was right; full balance is no better and worse calibrated.
PARAMETERS = {
    "objective": "multiclass",
    "learning_rate": 0.08,
    "num_leaves": 15,
    "min_child_samples": 40,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": THREADS,
    "verbosity": -1,
}
TREES = 60  # 100 at a rate of 0.05 are no better on the sample and on Online Retail, and take half as long again
RARITY_POWER = 0.5  # weight of a row = (mean size of a type / size of its type) to this power


@dataclass(frozen=True)
class LatentTypeModel:
    """A trained model: two texts, the booster's and ``metadata_json``.

    Attributes:
        booster: LightGBM's own text.
        classes: segment ids, sorted, in order of the booster's classes.
        features: model columns used, in order of the contract.
        unavailable: model columns that are wholly null in the training rows, left out.
        encoders: per categorical feature the code of every category seen in training.
        customers, rows: it was trained on.
        seed: of every draw behind it.
    """

    booster: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    unavailable: tuple[str, ...]
    encoders: Mapping[str, Mapping[str, int]]
    customers: int
    rows: int
    seed: int

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
    def _trees(self) -> lgb.Booster:
        return lgb.Booster(model_str=self.booster)


def train(features: pd.DataFrame, labels: pd.Series, *, seed: int, max_rows: int = 200_000) -> LatentTypeModel:
    """The model for cold start, from the cut histories (cutoff 1, 2, 3) of existing customers.

    Args:
        features: rows of the feature table.
        labels: segment_id at as_of, indexed by customer_id; customers without a label are left out.
        seed: of every draw.
        max_rows: above it, a seeded sample of whole customers.

    Raises:
        ValueError: no cut rows with a label, or one type only.
    """
    rows = with_labels(features, labels, CUTS)
    customers = rows["customer_id"].unique()
    most = max_rows // len(CUTS)
    if len(rows) > max_rows and len(customers) > most:
        drawn = np.random.default_rng(seed).choice(customers, most, replace=False)
        rows = rows[rows["customer_id"].isin(set(drawn))]
    return fit_rows(rows, seed=seed)


def with_labels(features: pd.DataFrame, labels: pd.Series, cutoffs: tuple[str, ...]) -> pd.DataFrame:
    """The rows of these cut-offs whose customers have a label, with it as ``label``, sorted by customer and cut-off.

    Raises:
        ValueError: a model column is missing, a customer has two labels, or no row is left.
    """
    missing = [name for name in ("customer_id", "cutoff", *model_columns()) if name not in features.columns]
    if missing:
        raise ValueError(f"features lack the columns {missing}; pass rows of the feature table")
    if labels.index.has_duplicates:
        raise ValueError("labels hold a customer twice; pass one type per customer")
    # Not by isin, which takes ten times as long on Arrow's strings.
    label = labels.reindex(pd.Index(features["customer_id"])).to_numpy(dtype=object)
    known = features["cutoff"].isin(cutoffs).to_numpy() & pd.notna(label)
    rows = features[known].assign(label=label[known])
    if rows.empty:
        raise ValueError(f"no existing customer has a row of cut-off {list(cutoffs)}; nothing to learn from this month")
    return rows.sort_values(["customer_id", "cutoff"], kind="stable").reset_index(drop=True)


def fit_rows(rows: pd.DataFrame, *, seed: int) -> LatentTypeModel:
    """A model of exactly these rows; encoders and unavailable columns come from them alone.

    Args:
        rows: model columns, customer_id and label, from ``with_labels``.
        seed: of every draw.

    Raises:
        ValueError: one type only, or no model column with a value.
    """
    classes = sorted(rows["label"].unique())
    if len(classes) < 2:
        raise ValueError(f"all customers are of the type {classes[0]!r}; a model needs two types, so train later")
    used = [name for name in model_columns() if rows[name].notna().any()]
    if not used:
        raise ValueError("every model column is empty; check the feature table of this month")
    encoders = {
        name: {value: code for code, value in enumerate(sorted(rows[name].dropna().astype(str).unique()))}
        for name in used
        if is_categorical(name)
    }
    codes = pd.Categorical(rows["label"], categories=classes).codes
    sizes = np.bincount(codes)
    weights = (sizes.mean() / sizes[codes]) ** RARITY_POWER
    data = lgb.Dataset(_matrix(rows, used, encoders), codes, weight=weights, feature_name=used)
    seeds = {name: seed for name in ("seed", "bagging_seed", "feature_fraction_seed", "data_random_seed")}
    booster = lgb.train({**PARAMETERS, **seeds, "num_class": len(classes)}, data, num_boost_round=TREES)
    return LatentTypeModel(
        booster=booster.model_to_string(),
        classes=tuple(classes),
        features=tuple(used),
        unavailable=tuple(name for name in model_columns() if name not in used),
        encoders=encoders,
        customers=int(rows["customer_id"].nunique()),
        rows=len(rows),
        seed=seed,
    )


def class_probabilities(model: LatentTypeModel, rows: pd.DataFrame) -> np.ndarray:
    """(rows, classes) probabilities, in order of ``model.classes``.

    Raises:
        ValueError: a column that the model uses is missing.
    """
    missing = [name for name in model.features if name not in rows.columns]
    if missing:
        raise ValueError(f"the model uses the columns {missing}, which the rows lack; pass rows of the feature table")
    parts = [
        model._trees.predict(_matrix(rows.iloc[a : a + BATCH], model.features, model.encoders), num_threads=THREADS)
        for a in range(0, len(rows), BATCH)
    ]
    return np.vstack(parts) if parts else np.empty((0, len(model.classes)))


def predict(model: LatentTypeModel, features: pd.DataFrame) -> pd.DataFrame:
    """The latent type of new customers.

    Args:
        model: trained for cold start.
        features: one row per customer: customer_id and the model columns.

    Returns:
        customer_id, segment_id, its probability, and probabilities (canonical JSON: every type, six digits),
        sorted by customer_id. Of equal probabilities the first type by id wins.

    Raises:
        ValueError: a customer has two rows.
    """
    if features["customer_id"].duplicated().any():
        raise ValueError("a customer has several rows; pass those of one cut-off")
    rows = features.sort_values("customer_id", kind="stable")
    probabilities = class_probabilities(model, rows).round(DECIMALS)
    best = probabilities.argmax(axis=1)
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"].to_numpy(),
            "segment_id": np.array(model.classes, dtype=object)[best],
            "probability": probabilities[np.arange(len(rows)), best],
            "probabilities": [
                json.dumps(dict(zip(model.classes, row, strict=True)), ensure_ascii=False, sort_keys=True)
                for row in probabilities.tolist()
            ],
        }
    ).astype({"segment_id": "str", "probabilities": "str"})


def _matrix(
    rows: pd.DataFrame, names: list[str] | tuple[str, ...], encoders: Mapping[str, Mapping[str, int]]
) -> np.ndarray:
    """(rows, names) of floats. A category unseen in training, or null, is missing (NaN), which LightGBM knows.

    S0 label-encodes and then standardises. Trees split by order, which standardising leaves as it is, so it is left
    out. Codes are read as ordered numbers: LightGBM's own treatment of categories
    was no better (macro-F1 0.36 / 0.41 / 0.40 against 0.37 / 0.41 / 0.43).
    """
    return np.column_stack(
        [
            rows[name].astype(object).map(encoders[name]).astype(float)
            if name in encoders
            else pd.to_numeric(rows[name]).astype(float)
            for name in names
        ]
    )
