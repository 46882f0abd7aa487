"""Which lifestyle model a month used."""

from crm_assets.lifestyle.lifestyle_model import LifestyleModel
from crm_assets.model_files import Registry

REGISTRY = Registry("lifestyle_models", "lifestyles", LifestyleModel.from_json)
