"""scikit-learn's checks of parameters, typed: signatures reach type checkers and editors."""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["fit_context", "validate_params"]

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

    def validate_params(
        parameter_constraints: Mapping[str, Any], *, prefer_skip_nested_validation: bool
    ) -> Callable[[Function], Function]: ...

    def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[Function], Function]: ...
else:
    from sklearn.base import _fit_context as fit_context
    from sklearn.utils._param_validation import validate_params
