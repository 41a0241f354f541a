"""Compare classifiers on the same folds; see what a split gives away, and split by relatives."""

from sklearn_attngen.model_selection._compare import compare_classifiers
from sklearn_attngen.model_selection._groups import SequenceGroupKFold, sequence_groups
from sklearn_attngen.model_selection._leakage import leakage_report
from sklearn_attngen.model_selection._summary import summarize_comparison

__all__ = [
    "SequenceGroupKFold",
    "compare_classifiers",
    "leakage_report",
    "sequence_groups",
    "summarize_comparison",
]
