"""Which letters decided, and whether they did: saliency, perturbation, motifs, pictures, files."""

from ._attention_display import AttentionHeadsDisplay
from ._bed import to_bed
from ._convergence import convergence_delta
from ._deeplift import deeplift
from ._export import to_frame, to_modisco_npz
from ._mask_fraction_display import MaskFractionDisplay
from ._meme import read_meme, write_meme
from ._motif import Motif
from ._motif_clustering import cluster_seqlets
from ._motif_display import MotifDisplay
from ._motif_matching import match_motifs
from ._motif_report import motif_report
from ._mutagenesis import mutagenesis
from ._perturbation import perturbation_curve
from ._perturbation_display import PerturbationCurveDisplay
from ._report import report
from ._saliency import saliency
from ._saliency_display import SaliencyDisplay
from ._sanity import sanity_checks
from ._seqlets import extract_seqlets
from ._tracks import to_bedgraph, to_bigwig

__all__ = [
    "AttentionHeadsDisplay",
    "MaskFractionDisplay",
    "Motif",
    "MotifDisplay",
    "PerturbationCurveDisplay",
    "SaliencyDisplay",
    "cluster_seqlets",
    "convergence_delta",
    "deeplift",
    "extract_seqlets",
    "match_motifs",
    "motif_report",
    "mutagenesis",
    "perturbation_curve",
    "read_meme",
    "report",
    "saliency",
    "sanity_checks",
    "to_bed",
    "to_bedgraph",
    "to_bigwig",
    "to_frame",
    "to_modisco_npz",
    "write_meme",
]
