"""The samples of `crm demo`: receipts in L.POINT's shape, payments of a card, or leads, with planted truth.

Here: everything that invents data. Not here: reading, checking or scoring it; the rest of the project meets the
samples only as files. Words and parameters live in data/reference/demo, never in code.
"""

from crm_assets.demo.cards import write_cards
from crm_assets.demo.leads import write_leads
from crm_assets.demo.output import DemoSummary
from crm_assets.demo.writer import write_demo

__all__ = ["DemoSummary", "write_cards", "write_demo", "write_leads"]
