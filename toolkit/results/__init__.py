"""What was measured, read and shown. The package can be called: ``tk.results("oil_painting")`` is a DataFrame.

The function and the package have one name, and importing a part of the package puts the package into `toolkit`.
"""

import sys
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    def __call__(self, *args: Any, **filters: Any) -> Any:
        """Call `toolkit.results.rows.stored.results`."""
        from toolkit.results.rows.stored import results

        return results(*args, **filters)


sys.modules[__name__].__class__ = _CallablePackage
