"""Which letters decided, and whether they did: saliency, perturbation curves, pictures."""

from ._perturbation import perturbation_curve
from ._perturbation_display import PerturbationCurveDisplay
from ._saliency import saliency
from ._saliency_display import SaliencyDisplay

__all__ = ["PerturbationCurveDisplay", "SaliencyDisplay", "perturbation_curve", "saliency"]
