"""Which cluster model a month used."""

from crm_assets.model_files import Registry
from crm_assets.segmentation.cluster_model import ClusterModel

REGISTRY = Registry("cluster_models", "clusters", ClusterModel.from_json)
