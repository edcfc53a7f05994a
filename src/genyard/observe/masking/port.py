"""What whoever writes rows to the lake is given, so that none goes there unmasked."""

from collections.abc import Sequence
from typing import Protocol

from genyard.store.rows import Row


class RowMasking(Protocol):
    """Masks rows on their way to the disk."""

    def mask_rows(self, project: str, rows: Sequence[Row], *, flag: bool = True) -> list[Row]:
        """Return rows of ``project`` as they may be kept. With ``flag`` their ``intake_flags`` say what was masked.

        Raises a GenyardError where the project's policy cannot be read: then nothing may be kept.
        """
        ...
