"""Scores of faithfulness: for cross-validation and searches, and of one classifier."""

from sklearn_attngen.inspection._removal.infidelity import infidelity
from sklearn_attngen.inspection._removal.rationale import comprehensiveness, sufficiency

from ._perturbation_scorer import PerturbationScorer

__all__ = ["PerturbationScorer", "comprehensiveness", "infidelity", "sufficiency"]
