"""Which model of leads a month used."""

from crm_assets.leads.lead_model import LeadModel
from crm_assets.model_files import Registry

REGISTRY = Registry("lead_model", "leads", LeadModel.from_json)
