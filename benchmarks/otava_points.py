"""Change points of series by Apache Otava's defaults; runs in a virtual environment that has Otava and not Atelier.

Reads ``{kind: [[time, ...], ...]}`` as JSON from stdin, writes ``{kind: [[index, ...], ...]}`` to stdout.
"""

import json
import sys

from otava.analysis import compute_change_points


def main() -> None:
    given = json.load(sys.stdin)
    found = {}
    for kind, members in given.items():
        found[kind] = [_places(times) for times in members]
    json.dump(found, sys.stdout)


def _places(times: list) -> list:
    points = compute_change_points(times)
    points = points[0] if isinstance(points, tuple) else points
    return [int(point.index) for point in points]


if __name__ == "__main__":
    main()
