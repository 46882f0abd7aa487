"""The rows of ``lead_columns``: what was done with each column of the leads, and what speaks for its knowing the
outcome.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from crm_assets.leads.cleaning import RECOMPUTED, ROW, decided
from crm_assets.leads.known import LeadsOfMonth
from crm_assets.leads.leaks import GIVEN_AWAY, Evidence, evidence, left_out, of_an_id, signs
from crm_assets.leads.reference import IDS, LeadReference

FEWEST = 20  # known leads of either outcome without which there is no evidence
NO_EVIDENCE = {"auc": None, "pure_share": None, "filled_converted": None, "filled_not": None}


def column_report(of: LeadsOfMonth, words: Collection[str], *, leave_out: bool, seed: int) -> pd.DataFrame:
    """Rows of ``lead_columns`` without month and as_of.

    Args:
        words: of names that speak of what was known later.
        leave_out: whether what is suspected is left out of the model, as what is declared is.
    """
    found = _evidence(of, seed)
    reasons = {name: list(signs(name, one, frozenset(words))) for name, one in found.items()}
    reference = of.reference
    declared = {name: f"known after contact: {why}" for name, why in reference.after_contact.items()}
    suspected = left_out(reasons, {**reference.allowed, **declared, **reference.win_rates})
    leaving = {**(suspected if leave_out else {}), **declared}
    leaving |= _made_of(reference, {*leaving, *reference.win_rates})
    rows, _ = decided(of.columns, reference, of.rules, leaving)
    rows = _together([rows, _texts(of), _ids(of)])
    leak = {n: "allowed" for n, why in reasons.items() if why and n in reference.allowed}
    leak |= dict.fromkeys(suspected, "suspected") | dict.fromkeys((*declared, *reference.win_rates), "declared")
    told = {name: "; ".join(why) for name, why in reasons.items() if why}
    told |= {n: "; ".join([why, *reasons.get(n, [])]) for n, why in declared.items()}
    told |= {n: "; ".join(["a win rate, made from outcomes", *reasons.get(n, [])]) for n in reference.win_rates}
    for name, what in IDS.items():
        if (rows["attribute"] == name).any() and (why := _rate_of_an_id(of, name, what, seed)):
            told[name], leak[name] = why, "id"
    rows["known"] = int(of.is_known.sum())
    rows["leak"] = [leak.get(name, "none") for name in rows["attribute"]]
    rows["leak_reason"] = rows["attribute"].map(told).astype(object)
    for language in ("ko", "en"):
        rows[f"title_{language}"] = [reference.title(name, language) for name in rows["attribute"]]
    shown = pd.DataFrame([_shown(found.get(name)) for name in rows["attribute"]], columns=list(NO_EVIDENCE))
    return pd.concat([rows, shown.astype(float)], axis=1)


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """All rows; none, with their columns, where the leads have an id, a day and an outcome only."""
    there = [part for part in parts if len(part)]  # an empty one would turn counts into objects
    return pd.concat(there, ignore_index=True) if there else pd.DataFrame(columns=list(ROW))


def _made_of(reference: LeadReference, leaking: Collection[str]) -> dict[str, str]:
    """Derived column → why it is left out: it is made of what seems to know the outcome."""
    parts = {d.name: sorted({*d.made_of} & {*leaking}) for d in reference.derived}
    return {name: f"made of {', '.join(of)}, which is left out" for name, of in parts.items() if of}


def _evidence(of: LeadsOfMonth, seed: int) -> dict[str, Evidence]:
    """Column → evidence; none where too few outcomes are known. What is derived shares that of what it is made of."""
    known = of.is_known
    converted = of.leads["converted"].to_numpy()[known].astype(int)
    if min(converted.sum(), len(converted) - converted.sum()) < FEWEST:
        return {}
    return {
        name: evidence(column[known], converted, number=name in of.columns.numbers, seed=seed)
        for name, column in of.columns.values.items()
        if name not in of.columns.derived and column[known].notna().any()
    }


def _shown(found: Evidence | None) -> dict[str, float | None]:
    if found is None:
        return dict(NO_EVIDENCE)
    converted, others = found.filled
    return {"auc": found.auc, "pure_share": found.pure[1], "filled_converted": converted, "filled_not": others}


def _rate_of_an_id(of: LeadsOfMonth, name: str, what: str, seed: int) -> str | None:
    """Why an id's own rate may be no feature; None where its other leads do not give a lead away."""
    known = of.is_known
    converted = of.leads["converted"].to_numpy()[known].astype(int)
    if min(converted.sum(), len(converted) - converted.sum()) < FEWEST:
        return None
    auc, leads = of_an_id(of.leads[name][known], converted, seed)
    if not np.isfinite(auc) or auc < GIVEN_AWAY:
        return None
    return f"the outcomes of a {what}'s other leads give a lead's away (ROC-AUC {auc:.2f} among {leads:,} leads)"


def _texts(of: LeadsOfMonth) -> pd.DataFrame:
    return pd.DataFrame(
        [_plain(of, name, of.texts[name], "message", "text", "kept", "as written") for name in of.texts]
    )


def _ids(of: LeadsOfMonth) -> pd.DataFrame:
    why = "an id: what it says of other leads cannot be known of a new one"
    present = [name for name in IDS if of.leads[name].notna().any()]
    return pd.DataFrame([_plain(of, name, of.leads[name], "id", "id", "not_a_feature", why) for name in present])


def _plain(of: LeadsOfMonth, name: str, column: pd.Series, origin: str, kind: str, done: str, why: str) -> dict:
    return {
        "attribute": name, "origin": origin, "kind": kind, "leads": len(of.leads),
        "filled_share": float(column.notna().mean()), "distinct_values": column.nunique(), "done": done,
        "merged_values": 0, "merged_leads": 0, "why": why,
    }  # fmt: skip


def feature_columns(of: LeadsOfMonth, rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """The features that a model may read, by name, and the kind of each.

    Args:
        rows: attribute, kind, done, why of ``lead_columns``.
    """
    leaks = dict(rows.loc[rows["done"] == "left_out", ["attribute", "why"]].to_numpy())
    _, kept = decided(of.columns, of.reference, of.rules, leaks)
    kinds = dict(rows.loc[rows["done"].isin(["kept", RECOMPUTED]), ["attribute", "kind"]].to_numpy())
    return pd.concat([kept, of.texts], axis=1), kinds
