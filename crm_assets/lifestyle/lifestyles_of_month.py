"""The lifestyles of one month: which model it uses, and why.

A model is frozen and used again until it is `lifestyle_refit_months` old, the settings ask for another, the categories
have changed notably, or somebody asks for a refit. Fitting itself is ``fitting``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from crm_assets.lifestyle import fitting
from crm_assets.lifestyle.lifestyle_model import LifestyleModel, changed_share
from crm_assets.lifestyle.personas import Lifestyles
from crm_assets.lifestyle.spend import different_patterns
from crm_assets.months import months_between
from crm_assets.segmentation.k_choice import SCAN_SAMPLE
from crm_assets.settings import Settings

CHANGED_SHARE = 0.1  # of a customer's spend, in the mean, on categories new to the model or gone since


@dataclass(frozen=True)
class LifestylesOfMonth:
    """``model`` is None when there are none; ``reason`` says why this model or none. ``is_new``: fitted now."""

    model: LifestyleModel | None
    is_new: bool
    reason: str


def lifestyles_of_month(
    customers: int,
    population: pd.Series,
    read_sample: Callable[[], pd.DataFrame],
    previous: LifestyleModel | None,
    settings: Settings,
    lifestyles: Lifestyles,
    as_of: date,
    history_start: date,
) -> LifestylesOfMonth:
    """Choose or fit the model.

    Args:
        customers: active ones.
        population: mean share by category over them.
        read_sample: customer_id, category, share of at most ``FIT_SAMPLE`` of them; called where a model is fitted.
        previous: the newest model of an earlier month.
    """
    each = settings.lifestyle_min_customers
    most = min(settings.lifestyle_k, customers // each)
    if not customers:
        return LifestylesOfMonth(None, False, "no spend has a category: no lifestyles")
    if most < 2:
        reason = f"{customers:,} active customers, fewer than {each:,} for each of two lifestyles"
        return LifestylesOfMonth(None, False, f"{reason}: no lifestyles")
    if len(population) < 2:
        return LifestylesOfMonth(None, False, f"all spend is on one category, {population.index[0]}: no lifestyles")
    is_new, reason = _decision(previous, population, settings, as_of, history_start)
    if not is_new:
        return LifestylesOfMonth(previous, False, reason)
    spend = read_sample()
    different = different_patterns(spend)
    if different < most:
        return LifestylesOfMonth(None, False, f"{different} different patterns of spend for {most} lifestyles: none")
    model = fitting.fit(spend, most, as_of.isoformat(), settings, lifestyles, previous)
    if most < settings.lifestyle_k:
        reason = f"{reason}. {customers:,} active customers, {each:,} for each, are too few for {settings.lifestyle_k}"
    return LifestylesOfMonth(model, True, f"{reason}. {model.k_reason}")


def _decision(
    previous: LifestyleModel | None, population: pd.Series, settings: Settings, as_of: date, history_start: date
) -> tuple[bool, str]:
    """Whether a model is fitted, and why or why not."""
    if previous is None:
        return True, "first fit"
    if settings.lifestyle_refit:
        return True, "refit by hand"
    asked = (
        settings.lifestyle_k, settings.lifestyle_min_customers, settings.lifestyle_min_stability,
        settings.lifestyle_rarity, settings.lifestyle_months, settings.lifestyle_category,
    )  # fmt: skip
    was = (
        previous.asked_k, previous.min_customers, previous.min_stability,
        previous.rarity, previous.months, previous.category_level,
    )  # fmt: skip
    if asked != was:
        return True, f"refit: K, customers, stability, rarity, months and category are set to {asked} now, were {was}"
    fitted = date.fromisoformat(previous.fitted_as_of)
    known, knew = (min(settings.lifestyle_months, months_between(history_start, day) + 1) for day in (as_of, fitted))
    if known > knew:  # at the beginning of history: a month of spend tells less of a life than three
        return True, f"refit: spend of {known} months is known now, was of {knew}"
    age = months_between(fitted, as_of)
    if age >= settings.lifestyle_refit_months:
        return True, f"refit: the model is {age} months old, {settings.lifestyle_refit_months} are set"
    changed = changed_share(previous, population)
    if changed > CHANGED_SHARE:
        return True, f"refit: {changed:.3f} of the spend is on categories new or gone, above {CHANGED_SHARE:g}"
    return False, f"reused: {age} months old, {changed:.3f} of the spend on categories new or gone"


def figures_of_model(model: LifestyleModel) -> pd.DataFrame:
    """Rows of ``model_metrics`` without month and as_of: how far fits of other seeds agree with the model's."""
    base, found = min(model.customers, SCAN_SAMPLE), np.array(model.adjusted_rand)
    named = {"mean": found.mean(), "least": found.min()}
    rows = [(f"seed {model.seed + i}", "adjusted_rand", float(v), base) for i, v in enumerate(found, start=1)]
    rows += [("all", f"adjusted_rand_{name}", float(value), base) for name, value in named.items()]
    frame = pd.DataFrame(rows, columns=["slice", "metric", "value", "base"])
    return frame.assign(model="lifestyles", protocol="lifestyle_stability")
