"""The model of leads that is kept: one JSON text with all that scoring needs (terms and encodings, the trees' own
text or the weights, calibration, threshold), and what it said out of fold of the leads that it learned from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd

from crm_assets.leads.judged import Calibration
from crm_assets.leads.learners import Line, Trees
from crm_assets.leads.matrix import Encoder
from crm_assets.leads.reference import TERMS_FEATURE
from crm_assets.leads.texts import term_weights

TOP = 4
DIGITS = 6
BATCH = 20_000  # leads scored at once


@dataclass(frozen=True)
class LeadModel:
    """
    Attributes:
        trained_as_of: ISO date. candidate: which kind of model. split: how it was judged: company or random.
        kinds: feature → kind, those that the month of the training had.
        threshold: probability from which a lead is called a sale.
        out_of_fold: lead_id → probability, and whether it is called a sale, by a model that had not seen the lead.
    """

    trained_as_of: str
    candidate: str
    split: str
    rows: int
    converted_share: float
    kinds: Mapping[str, str]
    encoder: Encoder
    fitted: Line | Trees
    calibration: Calibration
    threshold: float
    out_of_fold: Mapping[str, tuple[float, bool]]

    def to_json(self) -> str:
        """Canonical text: sorted keys, floats that read back exactly."""
        content = asdict(self) | {"fitted": {type(self.fitted).__name__: asdict(self.fitted)}}
        return json.dumps(content, sort_keys=True, indent=1, allow_nan=False, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> LeadModel:
        """The model that ``to_json`` wrote.

        Raises:
            ValueError: the text is no such model.
        """
        content = json.loads(text)
        if not isinstance(content, dict) or content.keys() != {f.name for f in fields(cls)}:
            raise ValueError("not a model of leads: train it anew")
        ((kind, parts),) = content["fitted"].items()
        encoder = content["encoder"]
        levels = {name: tuple(values) for name, values in encoder.pop("levels").items()}
        numbers = tuple(encoder.pop("numbers"))
        made = {
            "encoder": Encoder(numbers=numbers, levels=levels, **encoder),
            "fitted": {"Line": Line, "Trees": Trees}[kind](**{k: _tuple(v) for k, v in parts.items()}),
            "calibration": Calibration(**content["calibration"]),
            "out_of_fold": {lead: tuple(said) for lead, said in content["out_of_fold"].items()},
        }
        return cls(**{**content, **made})

    def scores(self, features: pd.DataFrame, messages: np.ndarray) -> pd.DataFrame:
        """margin (log-odds, before calibration), probability and reasons of each lead.

        Args:
            features: those of ``kinds``, by name. messages: terms of each message (``texts.terms_of``).
        """
        parts = [
            self._batch(features.iloc[start : start + BATCH], messages[start : start + BATCH])
            for start in range(0, len(features), BATCH)
        ]
        if not parts:
            return pd.DataFrame({"margin": [], "probability": [], "reasons": []}, index=features.index)
        return pd.concat(parts)

    def _batch(self, features: pd.DataFrame, messages: np.ndarray) -> pd.DataFrame:
        x = self.encoder.matrix(features, messages)
        found = self.fitted.contributions(x)
        margin, names, owners = found.sum(axis=1), self.encoder.features, self.encoder.owners
        places = np.array([names.index(owner) for owner in owners], dtype=int)
        by_feature = np.zeros((len(x), len(names)))
        np.add.at(by_feature.T, places, found[:, :-1].T)
        terms = np.flatnonzero([owner == TERMS_FEATURE for owner in owners])
        values = {name: features[name].to_numpy(dtype=object) for name in names if name != TERMS_FEATURE}
        if len(terms):
            values[TERMS_FEATURE] = self._heaviest_terms(found[:, terms], messages)
        reasons = [
            _reasons(by_feature[row], found[row, -1], margin[row], names, {n: v[row] for n, v in values.items()})
            for row in range(len(x))
        ]
        probability = self.calibration.probability(margin)
        return pd.DataFrame({"margin": margin, "probability": probability, "reasons": reasons}, index=features.index)

    def _heaviest_terms(self, parts: np.ndarray, messages: np.ndarray) -> np.ndarray:
        """The term of each message that adds most where all terms together add, and takes most where they take; None
        where none that is in the message does: a term that speaks for a lead would be no reason for a low score."""
        present = term_weights(messages, self.encoder.terms) > 0
        same = present & (np.sign(parts) == np.sign(parts.sum(axis=1, keepdims=True)))
        weight = np.where(same, np.abs(parts), -1.0)
        names = np.array(list(self.encoder.terms), dtype=object)
        return np.where(same.any(axis=1), names[weight.argmax(axis=1)], None)


def _reasons(parts: np.ndarray, base: float, margin: float, names: list[str], values: Mapping[str, object]) -> str:
    """Canonical JSON: base, top (column, value, contribution; by weight) and rest, which sum to the margin."""
    heaviest = np.argsort(-np.abs(parts), kind="stable")[:TOP]
    told = [
        {"column": names[i], "value": _plain(values[names[i]]), "contribution": round(float(parts[i]), DIGITS)}
        for i in heaviest
        if parts[i]
    ]
    start, whole = round(float(base), DIGITS), round(float(margin), DIGITS)
    rest = round(whole - start - sum(one["contribution"] for one in told), DIGITS)
    return json.dumps({"base": start, "top": told, "rest": rest}, ensure_ascii=False, sort_keys=True)


def _plain(value: object) -> float | str | None:
    """A value as JSON has it."""
    if value is None or isinstance(value, str):
        return value
    return float(value) if np.isfinite(value) else None


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
