"""The data class of a case study: the programs to time, further measurements, and functions that write its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from toolkit.core.errors import unknown
from toolkit.images.image import Image
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.printed_code import PrintedCode
from toolkit.studies.cases.procedure import Probe, Procedure, Settings

Pictures = Mapping[str, Mapping[str, Image]]
"""The pictures that each procedure made: for each procedure's name, a mapping from picture name to picture."""


@dataclass(frozen=True)
class Judged:
    """Whether the pictures of one procedure are right.

    Attributes
    ----------
    psnr_db : mapping of picture to float or None
        PSNR of each picture against its reference; None for an equal picture.
    words : str
        A text that says whether the pictures are right.
    is_wrong : bool
        Whether the pictures of the procedure are wrong.
    """

    psnr_db: Mapping[str, float | None] = field(default_factory=dict)
    words: str = ""
    is_wrong: bool = False


@dataclass(frozen=True, kw_only=True)
class Case:
    """A case study: procedures of a published article that are measured again, and functions that write its page.

    Attributes
    ----------
    name : str
        Name of the case, of its notebook and of its file of published figures: ``1_art_workshop``.
    title : str
        Title of the case study's page.
    procedures : sequence of Procedure
        The procedures in the order of the tables; each comes after the procedure that it is compared with.
    probes : sequence of Probe
        Further counts and times that are measured only once.
    printed : sequence of PrintedCode
        Code of the published article that cannot run as printed.
    judge : callable
        A function of the settings and the pictures that gives a `Judged` for each procedure.
    shown : callable
        A function of the settings and the pictures that gives the pictures of the page's sheet by caption.
    findings : callable
        A function of a run that gives headings and sentences on facts that the published article lacks.
    advice : callable
        A function of a run that gives the page's paragraph "Do this", which advises a procedure.
    surprise : callable
        A function of a run that gives the most surprising finding in one sentence.
    """

    name: str
    title: str
    procedures: Sequence[Procedure]
    probes: Sequence[Probe] = ()
    printed: Sequence[PrintedCode] = ()
    judge: Callable[[Settings, Pictures], Mapping[str, Judged]]
    shown: Callable[[Settings, Pictures, CaseRun], Mapping[str, Image]]
    findings: Callable[[CaseRun], Sequence[tuple[str, str]]]
    advice: Callable[[CaseRun], str]
    surprise: Callable[[CaseRun], str]

    def procedure(self, name: str) -> Procedure:
        """A procedure by its name.

        Raises
        ------
        UnknownName
        """
        for one in self.procedures:
            if one.name == name:
                return one
        raise unknown(f"procedure of case {self.name}", name, [one.name for one in self.procedures])

    def probe(self, name: str) -> Probe:
        """A probe by its name.

        Raises
        ------
        UnknownName
        """
        for one in self.probes:
            if one.name == name:
                return one
        raise unknown(f"probe of case {self.name}", name, [one.name for one in self.probes])
