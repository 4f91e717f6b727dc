"""A worker process and its input pictures."""

from collections.abc import Callable, Iterator

import pytest

from toolkit.bench.inputs import Inputs
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.trial import Trial
from toolkit.workers.process import WorkerProcess, thread_environment


@pytest.fixture
def trial() -> Trial:
    return make_trial("oil_painting", "opencv", images=("coffee",), size=(32, 24))


@pytest.fixture
def worker(trial: Trial) -> Iterator[WorkerProcess]:
    with WorkerProcess(thread_environment(trial.placement, trial.runtime)) as process:
        yield process


@pytest.fixture(scope="package")
def inputs() -> Iterator[Inputs]:
    with Inputs() as made:
        yield made


@pytest.fixture
def open_trial(inputs: Inputs) -> Callable[[WorkerProcess, Trial], None]:
    """Open a trial in a worker."""

    def ask(worker: WorkerProcess, trial: Trial) -> None:
        worker.ask("open", trial=trial.to_dict(), inputs=inputs.paths(trial), turn=0, timeout_s=60)

    return ask
