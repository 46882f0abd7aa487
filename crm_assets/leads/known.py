"""The leads of a month, as they were known at its end: what is read of the warehouse, and made of it before any
model.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_assets.leads.cleaning import Cleaned, Rules, cleaned, wide
from crm_assets.leads.reference import LEADS_BEFORE, LeadReference, reference_of
from crm_assets.leads.texts import message_features
from crm_assets.receipts.sources import source_of
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, read_query


@dataclass(frozen=True)
class LeadsOfMonth:
    """A row per lead that had come in, by lead_id.

    Attributes:
        leads: created_at, company_id, owner_id, message, converted (1, 0, or missing where it was not known).
        columns: attributes and what is derived of them. texts: features of the messages.
        reference: what is said of the attributes. rules: by which columns are dropped and values merged.
    """

    leads: pd.DataFrame
    columns: Cleaned
    texts: pd.DataFrame
    reference: LeadReference
    rules: Rules

    @property
    def is_known(self) -> np.ndarray:
        return self.leads["converted"].notna().to_numpy()


def any_lead(session: Session, as_of: date) -> bool:
    """Whether a lead had come in."""
    return bool(session.rows("select 1 from leads where created_at <= :as_of limit 1", as_of=as_of))


def known_leads(session: Session, as_of: date, settings: Settings) -> pd.DataFrame:
    """The leads that had come in, in the order of their ids, with the outcomes that were known."""
    rows = session.frame(
        f"select * from ({read_query('known_leads')}) order by lead_id",
        as_of=as_of,
        outcome_day=as_of - timedelta(days=settings.lead_outcome_days),
    )
    return rows.set_index("lead_id").astype({"converted": float})


def leads_of_month(session: Session, as_of: date, settings: Settings) -> LeadsOfMonth:
    """
    Raises:
        LeadReferenceError: the reference data cannot be used.
    """
    source, leads = source_of(settings), known_leads(session, as_of, settings)
    reference = reference_of(source, settings.reference)
    attributes = session.frame(
        """select a.lead_id, a.name, a.value from lead_attributes a join leads l on l.lead_id = a.lead_id
        where l.created_at <= :as_of""",
        as_of=as_of,
    )
    mapped = {name: None for mapping in source.files if mapping.loads == "leads" for name in mapping.attributes}
    columns = cleaned(wide(leads.index, attributes, list(mapped)), reference)
    if leads["company_id"].notna().any():
        columns = columns.with_number(LEADS_BEFORE, leads_before(leads))
    texts = message_features(leads["message"], reference.words)
    rules = Rules(settings.lead_missing_share, settings.lead_rare_share)
    return LeadsOfMonth(leads, columns, texts if texts.notna().any(axis=None) else texts.iloc[:, :0], reference, rules)


def leads_before(leads: pd.DataFrame) -> pd.Series:
    """How many leads of its company had come in on days before; missing without a company."""
    return leads.groupby("company_id")["created_at"].rank(method="min") - 1
