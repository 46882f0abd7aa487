"""Which model of dormancy a month used."""

from crm_assets.model_files import Registry
from crm_assets.retention.dormancy_model import DormancyModel

REGISTRY = Registry("dormancy_model", "dormancy", DormancyModel.from_json)
