"""What the model of the latent type owes to dates, to the exposure and to its sets of columns, and what stating costs.

Each variant is trained and judged as the cold start is (``evaluation``), with the same folds, on the same customers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from crm_assets.contracts.feature_sets import model_columns
from crm_assets.prediction.evaluation import cold_start_parts, drawn_customers, figures, said_of, types_of
from crm_assets.prediction.latent_type import asked, fit_rows
from crm_assets.prediction.model_rows import Recipe, recipe_of
from crm_assets.settings import Settings

PROTOCOL = "ablation"
AS_SHIPPED = "as_shipped"
HORIZON_STATED = "horizon_stated"  # the shipped models, asked as in use: at the horizon, not at the true exposure


def variants(settings: Settings) -> dict[str, Recipe]:
    """The recipes that are compared, by name; of those that see the same, the first."""
    shipped, sets = recipe_of(settings), settings.model_features.split("+")
    named = {
        AS_SHIPPED: shipped,
        "with_dates": Recipe(tuple(model_columns(sets))),
        "without_exposure": replace(shipped, exposure=False),
        "without_dates_and_exposure": Recipe(tuple(model_columns(sets, dates=False)), exposure=False),
        "seed_columns": Recipe(tuple(model_columns(dates=False))),
    }
    first: dict[Recipe, str] = {}
    for name, recipe in named.items():
        first.setdefault(recipe, name)
    return {name: recipe for recipe, name in first.items()}


def ablation(rows: pd.DataFrame, settings: Settings) -> list[dict[str, object]]:
    """Rows of ``model_metrics``: macro-F1 and accuracy of every variant on the first 1, 2, 3 receipts.

    Args:
        rows: of ``labelled_rows``, with the columns of the sets in use; at most ``max_comparison_customers`` customers
            are drawn.
    """
    types = drawn_customers(
        types_of(rows), settings.max_comparison_customers, folds=settings.evaluation_folds, seed=settings.seed
    )
    sample = rows[rows["customer_id"].isin(types.index)]
    found = []
    for name, judged in judged_variants(sample, variants(settings), settings).items():
        found += figures(judged, PROTOCOL, seed=settings.seed, name=name)
    return found


def judged_variants(rows: pd.DataFrame, recipes: Mapping[str, Recipe], settings: Settings) -> dict[str, pd.DataFrame]:
    """What the models of each recipe say of customers they were not trained on, by name; shape as
    ``evaluation.out_of_fold``. Those of ``as_shipped`` are also asked at the horizon, against the same labels: these
    are of as_of, not of the horizon, so the loss is that of a wrong exposure. What a stated one is worth, later months
    tell."""
    classes, parts = sorted(types_of(rows).unique()), {name: [] for name in (*recipes, HORIZON_STATED)}
    for fold, (training, held_out) in enumerate(
        cold_start_parts(rows, folds=settings.evaluation_folds, seed=settings.seed)
    ):
        for name, recipe in recipes.items():
            model = fit_rows(training, recipe, seed=settings.seed)
            questions = {name: held_out}
            if name == AS_SHIPPED:
                questions[HORIZON_STATED] = asked(held_out, settings.horizon_days)
            for question, asked_rows in questions.items():
                parts[question].append(said_of(model, asked_rows, classes).assign(fold=fold))
    return {name: pd.concat(said, ignore_index=True) for name, said in parts.items()}
