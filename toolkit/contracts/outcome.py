"""The outcome of a measurement: its status, and the cause of a status that is not ok."""

from __future__ import annotations

from toolkit.core.choices import Choice
from toolkit.core.errors import EmptyPicture, NotFinite, Unavailable, Unsupported


class Status(Choice):
    """Whether a trial gave a right picture (ok), a wrong picture or none (failed), or cannot run here (skipped)."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


class Cause(Choice):
    """The reason why a measurement has a status other than ok.

    Attributes
    ----------
    NONE
        The measurement has the status ok.
    UNAVAILABLE
        A runtime, a device or weights are missing on this machine.
    UNSUPPORTED
        The operation cannot run on the backend.
    WRONG_SIZE
        The backend's picture is known to be wrong at this picture size.
    DISAGREED
        The picture differs from the reference by more than the tolerance.
    EMPTY
        The output picture shows nothing of its input: the output is constant, or nearly all black or white. A reference
        may be empty too, so comparing with the reference does not reveal an empty output.
    NOT_FINITE
        The output has a NaN or an infinity.
    RAISED
        The operation raised an error.
    TIMED_OUT, DIED
        The worker process gave no answer in time (TIMED_OUT), or ended (DIED).
    UNWRITABLE
        The output file could not be written: the disk is full, read-only or gone.
    CANCELLED
        The user cancelled the work before it ended.
    """

    NONE = ""
    UNAVAILABLE = "unavailable"
    UNSUPPORTED = "unsupported"
    WRONG_SIZE = "wrong size"
    DISAGREED = "disagreed"
    EMPTY = "empty picture"
    NOT_FINITE = "not finite"
    RAISED = "raised"
    TIMED_OUT = "timed out"
    DIED = "died"
    UNWRITABLE = "unwritable"
    CANCELLED = "cancelled"

    @classmethod
    def of(cls, error: Exception) -> Cause:
        """The cause for an operation's error: `RAISED` if no other cause describes the error."""
        kinds: dict[type[Exception], Cause] = {
            Unavailable: cls.UNAVAILABLE,
            Unsupported: cls.UNSUPPORTED,
            NotFinite: cls.NOT_FINITE,
            EmptyPicture: cls.EMPTY,
        }
        return next((cause for kind, cause in kinds.items() if isinstance(error, kind)), cls.RAISED)

    @property
    def status(self) -> Status:
        """The status of a measurement with this cause.

        >>> Cause.UNSUPPORTED.status, Cause.DIED.status
        ('skipped', 'failed')
        """
        if self is Cause.NONE:
            return Status.OK
        return Status.SKIPPED if self in (Cause.UNAVAILABLE, Cause.UNSUPPORTED) else Status.FAILED

    @property
    def is_deterministic(self) -> bool:
        """Whether the same trial would fail again; False if installing a runtime or freeing memory could help."""
        return self in (Cause.RAISED, Cause.NOT_FINITE) or self.is_wrong_picture

    @property
    def is_wrong_picture(self) -> bool:
        """Whether the trial ran and has a time, but its picture is wrong."""
        return self in (Cause.WRONG_SIZE, Cause.DISAGREED, Cause.EMPTY)
