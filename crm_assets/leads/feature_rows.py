"""Features of leads as rows of ``lead_features``, a lead and a feature each, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from crm_assets.leads.judged import KnownLeads
from crm_assets.leads.known import known_leads
from crm_assets.leads.texts import terms_of
from crm_assets.settings import Settings
from crm_assets.warehouse import Session

NUMERIC = ("number", "text")
COLUMNS = ("lead_id", "feature", "number", "category")


def long(features: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Rows of ``lead_features`` without month and as_of; a number that is missing has no row."""
    parts = []
    for name, kind in kinds.items():
        column, is_number = features[name], kind in NUMERIC
        known = column[column.notna()]
        parts.append(
            pd.DataFrame(
                {
                    "lead_id": known.index.to_numpy(),
                    "feature": name,
                    "number": known.astype(float).to_numpy() if is_number else float("nan"),
                    "category": None if is_number else known.to_numpy(dtype=object),
                }
            )
        )
    found = [part for part in parts if len(part)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))


def back(rows: pd.DataFrame, kinds: Mapping[str, str], lead_ids: pd.Index) -> pd.DataFrame:
    """A row per lead and a column per feature, of the rows of ``lead_features``."""
    made = {}
    for name, part in rows.groupby("feature", sort=False):
        value = "number" if kinds.get(str(name)) in NUMERIC else "category"
        made[name] = part.set_index("lead_id")[value]
    return pd.DataFrame({name: made.get(name) for name in kinds}, index=lead_ids)


def known_of_month(session: Session, month: date, as_of: date, settings: Settings) -> tuple[KnownLeads, pd.DataFrame]:
    """All leads of the month's features as ``KnownLeads``, whose ``converted`` is −1 where it is not known; and their
    rows of ``known_leads``."""
    leads = known_leads(session, as_of, settings)
    kinds = dict(
        session.rows(
            """select attribute, kind from lead_columns
            where month = :month and done in ('kept', 'recomputed') order by attribute""",
            month=month,
        )
    )
    rows = session.frame(
        "select lead_id, feature, number, category from lead_features where month = :month order by feature, lead_id",
        month=month,
    )
    made = KnownLeads(
        features=back(rows, kinds, leads.index),
        kinds=kinds,
        messages=terms_of(leads["message"]),
        converted=leads["converted"].fillna(-1).to_numpy().astype(int),
        company=leads["company_id"],
        owner=leads["owner_id"],
    )
    return made, leads
