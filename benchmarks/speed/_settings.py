"""What all rows are measured with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Sizes, seeds and repeats of a run.

    Parameters
    ----------
    quick : bool
        Take small sizes and check results only.
    repeats : int
        Largest number of pairs of runs that a ratio is the median of.
    threads : int
        Threads of torch.
    seed : int
        Seed of data and estimators.
    n, length : int or None
        Number and length of the sequences, instead of those of the row.
    data : str or None
        Folder with real sequences, for the row that needs them.
    peaks : bool
        Measure the peak memory of both sides too, each in a process of its own.
    """

    quick: bool = False
    repeats: int = 5
    threads: int = 1
    seed: int = 0
    n: int | None = None
    length: int | None = None
    data: str | None = None
    peaks: bool = True

    def rows(self, full: int, quick: int) -> int:
        """Return the number of sequences."""
        return self.n or (quick if self.quick else full)

    def letters(self, full: int = 200, quick: int = 50) -> int:
        """Return the length of the sequences."""
        return self.length or (quick if self.quick else full)
