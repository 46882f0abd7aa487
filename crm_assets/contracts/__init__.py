"""The ground floor: one pandera model per table, one file per model, found by name.

``CONTRACTS`` maps a table's name to its contract. A new table needs its file here and nothing else: the
folder is read. What a column means is said in its contract and nowhere else.
"""

from __future__ import annotations

import importlib
import pkgutil

from crm_assets.contracts.base import Table, table_name

CONTRACTS: dict[str, type[Table]] = {}
for _name in sorted(f"{__name__}.{m.name}" for m in pkgutil.iter_modules(__path__) if m.name != "base"):
    for _value in vars(importlib.import_module(_name)).values():
        if isinstance(_value, type) and issubclass(_value, Table) and _value.__module__ == _name:
            CONTRACTS[table_name(_value)] = _value
