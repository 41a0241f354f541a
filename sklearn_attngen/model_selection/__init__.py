"""Compare classifiers on the same folds."""

from sklearn_attngen.model_selection._compare import compare_classifiers
from sklearn_attngen.model_selection._summary import summarize_comparison

__all__ = ["compare_classifiers", "summarize_comparison"]
