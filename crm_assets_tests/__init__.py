"""The tests see no setting of the shell that they are started from: this runs before the project is imported."""

import os

from crm_assets.settings import OF_THE_TESTS

for _name in [name for name in os.environ if name.startswith(("CRM_", "DAGSTER_")) and name not in OF_THE_TESTS]:
    del os.environ[_name]
