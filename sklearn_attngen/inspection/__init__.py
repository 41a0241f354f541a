"""Which letters decided, and whether they did: saliency, perturbation, motifs, pictures, files."""

from ._attribution.convergence import convergence_delta
from ._attribution.deeplift import deeplift
from ._attribution.mutagenesis import mutagenesis
from ._attribution.saliency import saliency
from ._checks.sanity import sanity_checks
from ._drawing.attention_display import AttentionHeadsDisplay
from ._drawing.mask_fraction_display import MaskFractionDisplay
from ._drawing.motif_display import MotifDisplay
from ._drawing.perturbation_display import PerturbationCurveDisplay
from ._drawing.saliency_display import SaliencyDisplay
from ._files.bed import to_bed
from ._files.export import to_frame, to_modisco_npz
from ._files.tracks import to_bedgraph, to_bigwig
from ._motifs.clustering import cluster_seqlets
from ._motifs.matching import match_motifs
from ._motifs.meme import read_meme, write_meme
from ._motifs.motif import Motif
from ._motifs.motif_report import motif_report
from ._motifs.seqlets import extract_seqlets
from ._removal.perturbation import perturbation_curve
from ._report.report import report

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
