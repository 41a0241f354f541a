"""Random numbers from what a user gives as ``random_state``."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_random_state


def draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Return a seed for generators of NumPy; a RandomState is moved on by it."""
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
