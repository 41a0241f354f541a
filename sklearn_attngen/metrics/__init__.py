"""Scores of faithfulness for cross-validation and searches."""

from ._perturbation_scorer import PerturbationScorer

__all__ = ["PerturbationScorer"]
