"""What the proof of new customers judges: the shop, models by folds of customers, models of every month.

Everything about the model was chosen on the development half of Online Retail's customers, so figures are reported on
the other half. Training knows both: a customer is judged by models that never saw it, whichever half it is of.
"""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from crm_assets.contracts.base import table_name
from crm_assets.contracts.feature_sets import SETS, described, model_columns
from crm_assets.contracts.feature_table import CUTS
from crm_assets.definitions import defs
from crm_assets.defs.pending import reads_of
from crm_assets.months import Snapshot
from crm_assets.prediction.evaluation import judge, types_of
from crm_assets.prediction.labelled import labelled_rows_of
from crm_assets.prediction.latent_type import asked, class_probabilities, fit_rows
from crm_assets.prediction.model_rows import EXPOSURE, SEED_RECIPE, Recipe, recipe_of
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.conftest import Shop

REPEATS, FOLDS, SEED = 5, 5, 42
LAST = date(2011, 12, 1)
HISTORY_START = date(2010, 12, 1)
# As the figures of SPEC are made, but for the last two: a model of every month in which the types allow one.
KNOBS = {
    "window_months": None,
    "k": 4,
    "scaling": "log",
    "retrain_every_months": 1,
    "min_customers_per_type": 20,
}
SHIPPED, FIXED, WHOLE = "shipped recipe", "shipped recipe, asked at the horizon", "trained on whole histories (S0)"
DATED, UNDATED, EXPOSED = "the 31, with dates", "the 31 without dates", "the 31 without dates, exposure stated"
NEW_ALONE = "shipped recipe, trained on the truly new alone"
UNTIL_THEN = "shipped recipe, days from the last receipt to as_of + horizon"


def refreshed(folder: Path, real_data: Path) -> Shop:
    """Online Retail, every month of what the outcomes of predictions need."""
    knobs = {f"CRM_{name.upper()}": "none" if value is None else str(value) for name, value in KNOBS.items()}
    shop = Shop(folder, {"CRM_SOURCE": "online_retail", **knobs})
    shop.landing.mkdir(parents=True)
    shutil.copy(real_data / "online_retail.parquet", shop.landing)
    reads = reads_of(defs().resolve_asset_graph())
    needed, further = set(), {"prediction_outcomes"}
    while further:
        needed |= further
        further = {read for name in further for read in reads[name]} - needed
    shop.crm("refresh", "--select", ",".join(sorted(needed)))
    return shop


def settings_of(shop: Shop) -> Settings:
    return Settings(data_dir=str(shop.data), source="online_retail", **KNOBS)


def read_rows(shop: Shop) -> pd.DataFrame:
    """The labelled rows of existing customers at the end of December 2011, every cut-off."""
    settings = settings_of(shop)
    with Warehouse(settings.database).session() as session:
        return labelled_rows_of(session, Snapshot(LAST, HISTORY_START, None), None, settings)


def new_rows(session: Session, snapshot: Snapshot, settings: Settings) -> pd.DataFrame:
    """The rows of a month's new customers, with the columns of the sets in use."""
    rows = session.frame(
        """select * from feature_table where month = :month and cutoff = 'as_of' and receipts <= :most
        order by customer_id""",
        month=snapshot.month,
        most=settings.new_customer_max_receipts,
    )
    for contract in (SETS[name] for name in settings.model_features.split("+") if name != "seed"):
        names = ", ".join(c.name for c in described(contract))
        further = session.frame(
            f"select customer_id, {names} from {table_name(contract)} where month = :month and cutoff = 'as_of'",
            month=snapshot.month,
        )
        rows = rows.merge(further, on="customer_id", how="left")
    return rows


def truly_new(real_data: Path) -> set[str]:
    """Customers who had not bought in the year before the file begins."""
    frame = pd.read_parquet(real_data / "online_retail_ii_customers_derived.parquet")
    first = frame.loc[frame["FirstPurchaseDate"] >= pd.Timestamp(HISTORY_START), "Customer ID"]
    return set(first.astype(str).str.removesuffix(".0"))


def is_development(customers: pd.Index) -> np.ndarray:
    """The half of the customers on whom everything was chosen."""
    return pd.util.hash_array(customers.to_numpy(dtype=object), categorize=False) % 2 == 0


def judged_by_folds(rows: pd.DataFrame, settings: Settings, new: set[str]) -> dict[str, pd.DataFrame]:
    """Per model its judgements of every customer in every repeat: frames as of ``evaluation.judge``, with repeat and
    fold."""
    shipped = recipe_of(settings)
    undated = tuple(model_columns(dates=False))
    cold = {
        SHIPPED: shipped,
        DATED: SEED_RECIPE,
        UNDATED: Recipe(undated, exposure=False),
        EXPOSED: Recipe(undated),
    }
    horizon = asked(rows[rows["cutoff"].isin(CUTS)], settings.horizon_days)
    horizon = horizon.assign(cutoff=horizon["cutoff"] + " " + FIXED)
    types, classes = types_of(rows).sort_index(), sorted(rows["label"].unique())
    of_new = rows["customer_id"].isin(new)
    parts: dict[str, list[pd.DataFrame]] = {}
    for repeat in range(REPEATS):
        splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED + repeat)
        for fold, (_, held_out) in enumerate(splitter.split(types.index, types)):
            is_held = rows["customer_id"].isin(set(types.index[held_out]))
            is_cut = rows["cutoff"].isin(CUTS)
            asked_too = horizon[horizon["customer_id"].isin(set(types.index[held_out]))]
            tasks = {name: (~is_held & is_cut, rows[is_held & is_cut], recipe) for name, recipe in cold.items()}
            tasks[SHIPPED] = (~is_held & is_cut, pd.concat([rows[is_held & is_cut], asked_too]), shipped)
            tasks[WHOLE] = (~is_held & ~is_cut, rows[is_held], SEED_RECIPE)
            tasks[NEW_ALONE] = (~is_held & is_cut & of_new, rows[is_held & is_cut & of_new], shipped)
            for name, (learned, held, recipe) in tasks.items():
                made = judge(rows[learned], held, recipe, classes, SEED + repeat)
                parts.setdefault(name, []).append(made.assign(repeat=repeat, fold=fold))
    found = {name: pd.concat(made, ignore_index=True) for name, made in parts.items()}
    fixed = found[SHIPPED]["slice"].str.endswith(FIXED)
    found[FIXED] = found[SHIPPED][fixed].assign(slice=lambda f: f["slice"].str.slice(0, 1))
    return {**found, SHIPPED: found[SHIPPED][~fixed]}


def model_shares(shop: Shop) -> pd.DataFrame:
    """Per month of predictions the types' shares that its model was trained on, from the registry's files."""
    registry = shop.frame("select month, path from lightgbm_model where path is not null order by month")
    read = {
        row.month: json.loads((shop.data / row.path).with_suffix(".json").read_text(encoding="utf-8"))["shares"]
        for row in registry.itertuples()
    }
    return pd.DataFrame.from_dict(read, orient="index")


def rescored(shop: Shop, outcomes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The outcomes, had the question been put in another way: per way the rows with the types named then.

    Models are trained as of each month of predictions, on what was known then; probabilities are not calibrated.
    """
    settings = settings_of(shop)
    undated = Recipe(tuple(model_columns(dates=False)), exposure=False)
    parts: dict[str, list[pd.DataFrame]] = {}
    with Warehouse(settings.database).session() as session:
        for month in sorted(outcomes["predicted_month"].unique()):
            snapshot = Snapshot(month.date(), HISTORY_START, None)
            rows = labelled_rows_of(session, snapshot, None, settings)
            cut = rows[rows["cutoff"].isin(CUTS)]
            new = new_rows(session, snapshot, settings)
            since = (new["as_of"] - new["cutoff_at"].dt.normalize()).dt.days.astype(float)
            ways = {
                FIXED: (recipe_of(settings), settings.horizon_days),
                UNTIL_THEN: (recipe_of(settings), since + settings.horizon_days),
                DATED: (SEED_RECIPE, np.nan),
                UNDATED: (undated, np.nan),
            }
            for way, (recipe, days) in ways.items():
                model = fit_rows(cut, recipe, seed=SEED)
                best = class_probabilities(model, new.assign(**{EXPOSURE: days})).argmax(axis=1)
                named = {"customer_id": new["customer_id"], "predicted_id": np.array(model.classes, dtype=object)[best]}
                parts.setdefault(way, []).append(pd.DataFrame(named).assign(predicted_month=month))
    kept = outcomes.drop(columns="predicted_id")
    return {way: kept.merge(pd.concat(made), on=["customer_id", "predicted_month"]) for way, made in parts.items()}
