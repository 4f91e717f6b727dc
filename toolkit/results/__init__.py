"""Read stored measurements and show them. The package can be called: ``tk.results("oil_painting")`` is a DataFrame.

The package is callable because ``tk.results`` names both this package and the function that returns the DataFrame.
"""

import sys
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    def __call__(self, *args: Any, **filters: Any) -> Any:
        """Call `toolkit.results.rows.stored.results` with the same arguments."""
        from toolkit.results.rows.stored import results

        return results(*args, **filters)


sys.modules[__name__].__class__ = _CallablePackage
