"""``python -m toolkit`` is the ``atelier`` command."""

import sys

from toolkit.apps.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
