"""Row 7, saliency, and row 7b, mutagenesis, against the libraries that explain networks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy.special import logsumexp

from benchmarks.speed._comparison import Comparison, compare
from benchmarks.speed._settings import Settings
from benchmarks.speed._synthetic import channels_first, fitted, sequences
from benchmarks.speed._table import Result
from sklearn_attngen.inspection import mutagenesis

POSITIONS = 2**16
IG_STEPS, SHUFFLES = 50, 20
# the rivals of row 7 are asked for fewer sequences than ours, so many for each length
FEWER = 100
TARGET = 1


def _rows(settings: Settings) -> int:
    return settings.rows(10_000, 20)


def _few(settings: Settings) -> int:
    return max(2, _rows(settings) // FEWER)


def _share(settings: Settings) -> float:
    return _few(settings) / _rows(settings)


def _input(settings: Settings, n: int) -> tuple[torch.nn.Module, torch.Tensor]:
    X = sequences(_rows(settings), settings.letters(), settings.seed)[:n]
    return fitted(settings).module_, torch.from_numpy(channels_first(X))


def default_saliency(settings: Settings) -> Callable[[], Any]:
    X = sequences(_rows(settings), settings.letters(), settings.seed)
    classifier = fitted(settings)
    return lambda: classifier.saliency(X)


def forward(settings: Settings) -> Callable[[], Any]:
    module, x = _input(settings, _rows(settings))

    def run() -> Any:
        with torch.inference_mode():
            return torch.cat([module(each) for each in x.split(max(1, POSITIONS // x.shape[2]))])

    return run


def captum_ig(settings: Settings) -> Callable[[], Any]:
    from captum.attr import IntegratedGradients

    module, x = _input(settings, _few(settings))
    explainer = IntegratedGradients(module)
    rows = max(1, POSITIONS // x.shape[2])
    return lambda: explainer.attribute(
        x, target=TARGET, n_steps=IG_STEPS, internal_batch_size=max(rows, len(x))
    )


def tangermeme_saturation(settings: Settings) -> Callable[[], Any]:
    from tangermeme.saturation_mutagenesis import saturation_mutagenesis

    module, x = _input(settings, _few(settings))
    return _quiet(
        lambda: saturation_mutagenesis(
            module, x, target=TARGET, batch_size=_batch(x), device="cpu", fast=False
        )
    )


def tangermeme_deep_lift_shap(settings: Settings) -> Callable[[], Any]:
    from tangermeme.deep_lift_shap import deep_lift_shap

    module, x = _input(settings, _few(settings))
    return _quiet(
        lambda: deep_lift_shap(
            module,
            x,
            target=TARGET,
            n_shuffles=SHUFFLES,
            batch_size=_batch(x),
            device="cpu",
            random_state=settings.seed,
        )
    )


def _batch(x: torch.Tensor) -> int:
    """Return a batch size of twice the letters of predict_proba, instead of the rival's 32 rows."""
    return max(1, POSITIONS // x.shape[2])


def _quiet(run: Callable[[], Any]) -> Callable[[], Any]:
    """Keep a rival's warnings from the table: DeepLIFT knows no rule for the attention."""

    def quiet() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return run()

    return quiet


def _well_formed(ours: Any, rival: Any) -> None:
    """Check what different methods have in common: finite values for the same rows."""
    assert np.isfinite(ours).all()
    np.testing.assert_allclose(ours.sum(axis=1), 1.0, atol=1e-6)
    assert torch.isfinite(rival).all()
    assert len(rival) <= len(ours)


# row 7b ----------------------------------------------------------------------------------------


def _mutant_input(settings: Settings) -> tuple[Any, Any, torch.Tensor]:
    X = sequences(settings.rows(20, 3), settings.letters(), settings.seed)
    return fitted(settings), X, torch.from_numpy(channels_first(X))


def exact_mutagenesis(settings: Settings) -> Callable[[], Any]:
    classifier, X, _ = _mutant_input(settings)
    target = classifier.classes_[TARGET]
    return lambda: mutagenesis(classifier, X, target)


def tangermeme_mutagenesis(settings: Settings) -> Callable[[], Any]:
    return _raw_mutagenesis(settings, fast=False)


def tangermeme_fast_mutagenesis(settings: Settings) -> Callable[[], Any]:
    """Ask for its fastISM for this job too, which it would only try for longer ones."""
    return _raw_mutagenesis(settings, fast=True)


def _raw_mutagenesis(settings: Settings, fast: bool) -> Callable[[], Any]:
    import tangermeme.saturation_mutagenesis as rival

    classifier, _, x = _mutant_input(settings)

    def run() -> Any:
        before = rival._FAST_MIN_SECONDS
        rival._FAST_MIN_SECONDS = 0.0
        try:
            return rival.saturation_mutagenesis(
                classifier.module_,
                x,
                raw_outputs=True,
                batch_size=_batch(x),
                device="cpu",
                fast=fast,
            )
        finally:
            rival._FAST_MIN_SECONDS = before

    return _quiet(run)


def _same_changes(ours: Any, rival: Any) -> None:
    """Compare changes of the log-odds, (n, L, 4), with those of the rival's raw logits."""
    clean, mutated = (_log_odds(each.double().numpy()) for each in (rival.y0, rival.y_hat))
    np.testing.assert_allclose(
        ours, (mutated - clean[:, None, None]).transpose(0, 2, 1), atol=1e-3, rtol=1e-3
    )


def _log_odds(logits: Any) -> Any:
    return logits[..., TARGET] - logsumexp(np.delete(logits, TARGET, axis=-1), axis=-1)


SALIENCY, MUTAGENESIS = "default saliency from strings", "mutagenesis, all substitutions"
COMPARISONS = [
    Comparison(
        "7",
        SALIENCY,
        default_saliency,
        "one forward pass",
        forward,
        costs=3,
        equal=_well_formed,
        checked="finite",
        peaks=False,
        note="ours computes in bfloat16 where the processor does, which is its default; the "
        "forward pass and the rivals in float32, which is theirs.",
    ),
    Comparison(
        "7",
        SALIENCY,
        default_saliency,
        f"Captum integrated gradients, {IG_STEPS} steps",
        captum_ig,
        as_fast=30,
        equal=_well_formed,
        checked="finite",
        share=_share,
        needs="captum",
        peaks=False,
    ),
    Comparison(
        "7",
        SALIENCY,
        default_saliency,
        "tangermeme saturation_mutagenesis, fast=False",
        tangermeme_saturation,
        as_fast=120,
        equal=_well_formed,
        checked="finite",
        share=_share,
        needs="tangermeme",
        peaks=False,
    ),
    Comparison(
        "7",
        SALIENCY,
        default_saliency,
        f"tangermeme deep_lift_shap, {SHUFFLES} shuffles",
        tangermeme_deep_lift_shap,
        as_fast=80,
        equal=_well_formed,
        checked="finite",
        share=_share,
        needs="tangermeme",
        peaks=False,
        note="deep_lift_shap has no rule for attention and for the exponential activation: its "
        "time is that of the method, its values are not. Average precision on planted motifs: "
        "python -m benchmarks.planted_motifs.",
    ),
    Comparison(
        "7b",
        MUTAGENESIS,
        exact_mutagenesis,
        "tangermeme saturation_mutagenesis, fast=False",
        tangermeme_mutagenesis,
        as_fast=5,
        equal=_same_changes,
        needs="tangermeme",
    ),
    Comparison(
        "7b",
        MUTAGENESIS,
        exact_mutagenesis,
        "the same, fast=True (its fastISM, where that pays)",
        tangermeme_fast_mutagenesis,
        equal=_same_changes,
        needs="tangermeme",
        peaks=False,
        note="the time of fast=True includes that of capturing and checking the network, once a "
        "call.",
    ),
]


def saliency_rows(settings: Settings) -> list[Result]:
    return [compare(each, settings) for each in COMPARISONS if each.row == "7"]


def mutagenesis_rows(settings: Settings) -> list[Result]:
    return [compare(each, settings) for each in COMPARISONS if each.row == "7b"]
