"""Picture of attention, head by head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_attngen.inspection._attribution.attention import heads_of
from sklearn_attngen.inspection._inputs.unwrap import chosen_alphabet
from sklearn_attngen.sequences import NO_SIGNAL, Alphabet, get_alphabet

from .attention_lanes import LONGEST_WITH_LETTERS, draw_lanes
from .letters import letter_colors as color_letters
from .plot_style import get_axes, text_scale
from .position_ticks import check_positions


class AttentionHeadsDisplay:
    """Picture of the attention that each head of a network pays to each position.

    Use :meth:`from_estimator` to make one; the parameters are stored as attributes.

    Parameters
    ----------
    attention : ndarray of shape (n, n_heads, L)
        Attention of each head on the positions of n sequences; each row has sum 1.
    names : sequence of str or None, default=None
        Names of the heads; None numbers them from 0.
    codes : ndarray of uint8 of shape (n, L) or None, default=None
        The letters, for the picture of one sequence.
    alphabet : str or Alphabet, default="DNA"
        Alphabet of the codes.
    positions : int, array-like of shape (L,) or None, default=None
        Numbers of the positions: that of the first one, or all of them. None counts from 0.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the picture: a lane for each head, from top to bottom.
    figure_ : matplotlib Figure
        Figure of the picture.
    lines_ : list of Line2D
        Mean of each head.
    bands_ : list of PolyCollection
        Spread of each head; empty if it is not drawn.
    areas_ : list of PolyCollection
        Attention of each head in one sequence; empty if none is drawn.
    letters_ : list of PathPatch
        Letters of that sequence, a shape for each kind of letter.

    See Also
    --------
    SaliencyDisplay : With ``method="attention"``, what the heads come to together.
    perturbation_curve : With ``saliency="attention"``, whether decisions rest on it.
    sanity_checks : With ``method="attention"``, whether it depends on what was learned.

    Notes
    -----
    A soft head averages the features of the network over positions; its attention is the weights.
    Where several networks answer, the heads of each have lanes, network by network.
    The hard head takes each channel where it is highest; its attention is the share of channels
    that are highest at a position. One more head weighs all positions alike, and is not drawn.
    A weight at a position speaks of all letters under the filters there, not of the one letter:
    the saliency ``"attention"`` is the mean over heads, spread over the width of the first filters.

    What the picture does not say: attention has no sign and no class, layers behind it can ignore
    what a head looks at, and heads with sharp peaks need not be those that count. Heads have no
    order: another seed numbers them, and may divide the work, in another way. The line of even
    attention is what a head pays that looks nowhere; the controls are the random order of
    :func:`perturbation_curve` and the untrained network of :func:`sanity_checks`.

    Examples
    --------
    >>> from sklearn_attngen import AttnGenClassifier
    >>> from sklearn_attngen.inspection import AttentionHeadsDisplay
    >>> X = ["GATTACAGATTACA", "CCGTGAACCGTGAA"] * 10
    >>> model = AttnGenClassifier(
    ...     n_filters=4, n_layers=1, n_estimators=1, max_epochs=1, random_state=0
    ... )
    >>> display = AttentionHeadsDisplay.from_estimator(model.fit(X, [0, 1] * 10), X, sequence=0)
    >>> display.attention.shape
    (20, 5, 14)
    >>> display.names
    ['Head 0', 'Head 1', 'Head 2', 'Head 3', 'Hard head']
    """

    def __init__(
        self,
        attention: NDArray[np.float64],
        *,
        names: Sequence[str] | None = None,
        codes: NDArray[np.uint8] | None = None,
        alphabet: str | Alphabet = "DNA",
        positions: int | ArrayLike | None = None,
    ) -> None:
        self.attention = attention
        self.names = names
        self.codes = codes
        self.alphabet = alphabet
        self.positions = positions

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        sequence: int | None = None,
        positions: int | ArrayLike | None = None,
        alphabet: str | Alphabet | None = None,
        batch_size: int | None = None,
        ax: Any = None,
        **plot_kwargs: Any,
    ) -> AttentionHeadsDisplay:
        """Ask a fitted classifier for the attention of its heads and draw it.

        Parameters
        ----------
        estimator : estimator
            A fitted AttnGenClassifier, a Pipeline that ends in one behind
            :class:`~sklearn_attngen.preprocessing.SequenceOneHotEncoder`, or a search over either
            (``best_estimator_``). With ``reverse_complement="average"`` the attention is averaged
            over both strands, in the direction of X.
        X : array-like of n sequences of one length L
            In any form that the estimator reads.
        sequence : int or None, default=None
            Row of X, counted from 0, whose attention is drawn above its letters; negative ones
            count from the end. None draws the mean over all sequences alone.
        positions : int, array-like of shape (L,) or None, default=None
            Numbers of the positions: that of the first one, or all of them. None counts from 0.
        alphabet : str, Alphabet or None, default=None
            Alphabet of X. None takes the estimator's.
        batch_size : int or None, default=None
            Number of sequences that the network gets at a time. None chooses it by the length.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a figure.
        **plot_kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        display : AttentionHeadsDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If it has no network with attention that sees the letters, if X cannot be read, or if
            there is no such sequence.
        """
        if batch_size is not None and (not isinstance(batch_size, Integral) or batch_size < 1):
            raise ValueError(
                f"batch_size must be a whole number, at least 1, or None, got {batch_size!r}."
            )
        attention, names, data = heads_of(estimator, X, alphabet, batch_size)
        display = cls(
            attention,
            names=names,
            codes=data.codes,
            alphabet=chosen_alphabet(estimator, alphabet),
            positions=check_positions(positions, data.codes.shape[1]),
        )
        return display.plot(ax=ax, sequence=sequence, **plot_kwargs)

    def plot(
        self,
        ax: Any = None,
        *,
        sequence: int | None = None,
        band: bool = True,
        share_scale: bool = False,
        letter_colors: str | Mapping[str, str] = "colorblind",
    ) -> AttentionHeadsDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a figure.
        sequence : int or None, default=None
            Row of the sequence that is drawn beside the mean, see :meth:`from_estimator`. Its
            letters are written where there are at most 120.
        band : bool, default=True
            Whether to show one standard deviation over the sequences to either side of the mean.
        share_scale : bool, default=False
            Whether all lanes have one scale, so that heights of heads compare. False gives each
            lane its own, written beside its name, so that heads of little contrast can be seen too;
            compare each with its line of even attention then.
        letter_colors : {"classic", "colorblind"} or mapping, default="colorblind"
            Colours of the letters of the sequence.

        Returns
        -------
        display : AttentionHeadsDisplay
            This object.

        Raises
        ------
        ValueError
            If there is no such sequence, or a letter has no colour.
        """
        n, n_heads, length = self.attention.shape
        codes = None
        alphabet = get_alphabet(self.alphabet)
        colors = color_letters(alphabet, letter_colors)
        if sequence is not None:
            if not isinstance(sequence, Integral) or not -n <= sequence < n:
                raise ValueError(
                    f"sequence must be the number of a row, 0 to {n - 1}, got {sequence!r}."
                )
            sequence = int(sequence) % n
            if self.codes is not None and length <= LONGEST_WITH_LETTERS:
                codes = self.codes[sequence]
                codes = None if (codes == NO_SIGNAL).all() else codes
        numbers = check_positions(self.positions, length)
        names = [f"Head {i}" for i in range(n_heads)] if self.names is None else self.names
        width = 7.5 if codes is None else max(7.5, 0.135 * length + 1.6)
        height = text_scale() * (0.62 * (n_heads + (codes is not None)) + 1.1)
        self.figure_, self.ax_ = get_axes(ax, (width, height), "AttentionHeadsDisplay")
        drawn = draw_lanes(
            self.ax_,
            self.attention,
            names=list(names),
            numbers=numbers,
            sequence=sequence,
            codes=codes,
            alphabet=alphabet,
            colors=colors,
            band=band,
            share_scale=share_scale,
        )
        self.lines_, self.bands_, self.areas_, self.letters_ = drawn
        counted = np.array_equal(numbers, np.arange(length))
        self.ax_.set_xlabel("Position (0-based)" if counted else "Position")
        return self
