"""A backend whose runtime is installed nowhere."""

from contextlib import contextmanager

from toolkit.contracts.backend import Backend


class Absent(Backend):
    name = "needs_nothing_you_have"
    module = "nothing_you_have"
    distribution = "nothing-you-have"
    install = "pip install nothing-you-have"

    @contextmanager
    def session(self, placement):
        self.check(placement)
        yield None


BACKEND = Absent()
