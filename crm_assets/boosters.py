"""LightGBM, loaded when it is first needed: what grows trees asks for it here, and no module imports it by itself.

It brings scikit-learn and SciPy's statistics with it: a third of the CPU that a process takes to start, and neither an
intake nor a question of the command line needs them. So these too are loaded where they are used: scikit-learn in the
functions, SciPy's larger parts by their full names, which SciPy loads at first use.
"""

from __future__ import annotations

from types import ModuleType


def load_lightgbm() -> ModuleType:
    """
    Raises:
        ImportError: the system lacks a library that it needs; names the remedy.
    """
    try:
        import lightgbm
    except OSError as error:  # the wheel needs the system's OpenMP, which a bare machine may lack
        raise ImportError(
            f"LightGBM cannot be loaded: {error}. Remedy on Debian and Ubuntu: apt-get install libgomp1"
        ) from error
    return lightgbm
