"""Pictures of saliency: profiles of classes, letters of single sequences, many sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_consistent_length

from sklearn_attngen.classifiers._targets import check_classes, label_column
from sklearn_attngen.inspection._attribution.saliency import saliency as compute_saliency
from sklearn_attngen.inspection._inputs.letter_input import LetterInput
from sklearn_attngen.inspection._inputs.unwrap import chosen_alphabet
from sklearn_attngen.inspection._inputs.values import codes_for
from sklearn_attngen.sequences import Alphabet, get_alphabet, one_hot

from .letters import letter_colors as color_letters
from .plot_style import (
    axes_size,
    check_axes,
    get_axes,
    make_room_for_legend,
    text_scale,
    wrapped_title,
)
from .position_ticks import check_positions
from .saliency_display_input import (
    check_drawing,
    check_kind,
    check_labels,
    check_values,
    written_labels,
)
from .saliency_heatmap import draw_heatmap, heatmap_size
from .saliency_plots import TITLE_LINE, draw_profile, draw_sequences


class SaliencyDisplay:
    """Picture of saliency.

    Use :meth:`from_estimator` or :meth:`from_saliency` to make one; the parameters are stored as
    attributes.

    Parameters
    ----------
    saliency : ndarray of shape (n, L)
        Values of n sequences.
    kind : {"profile", "sequences", "heatmap"}, default="profile"
        What :meth:`plot` draws.
    codes : ndarray of uint8 of shape (n, L) or None, default=None
        The letters; needed for ``kind="sequences"``.
    alphabet : str or Alphabet, default="DNA"
        Alphabet of the codes.
    groups : ndarray of shape (n,) or None, default=None
        The class that each sequence counts to in a profile or heat map; None makes one of all.
    group_name : str, default="Class"
        What the classes are, in the legend or at the axis.
    positions : int, array-like of shape (L,) or None, default=None
        Numbers of the positions: that of the first one, or all of them. None counts from 0.
    labels : list or array of n str, or None, default=None
        What is written above each sequence.
    signed : bool, default=False
        Whether the values are signed evidence.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the picture.
    figure_ : matplotlib Figure
        Figure of the picture.
    lines_ : list of Line2D
        Mean of each class (``kind="profile"``).
    bands_ : list of PolyCollection
        Spread of each class (``kind="profile"``).
    letters_ : list of PathPatch
        Letters (``kind="sequences"``).
    image_ : AxesImage
        The values (``kind="heatmap"``).
    colorbar_ : Colorbar
        What the colours mean (``kind="heatmap"``).

    See Also
    --------
    saliency : Compute the values.
    PerturbationCurveDisplay : Show whether the decision does rest on the salient letters.

    Notes
    -----
    A picture of saliency convinces easily and proves nothing: a classifier with random weights
    gives pictures too. The control is a perturbation curve with its random order, of the same
    classifier and saliency.

    A profile shows what lies at the same place in many sequences; what moves about is in none
    of its peaks, and the band tells how different the sequences are. A heat map shows both.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_attngen.inspection import SaliencyDisplay
    >>> values = np.array([[0.1, 0.2, 0.6, 0.1], [0.0, 0.5, 0.5, 0.0]])
    >>> display = SaliencyDisplay.from_saliency(values, ["AGTA", "CGTN"], kind="sequences")
    >>> display.ax_.get_xlabel()
    'Position (0-based)'
    """

    def __init__(
        self,
        saliency: NDArray[np.float64],
        *,
        kind: str = "profile",
        codes: NDArray[np.uint8] | None = None,
        alphabet: str | Alphabet = "DNA",
        groups: NDArray[Any] | None = None,
        group_name: str = "Class",
        positions: int | ArrayLike | None = None,
        labels: Sequence[str] | None = None,
        signed: bool = False,
    ) -> None:
        self.saliency = saliency
        self.kind = kind
        self.codes = codes
        self.alphabet = alphabet
        self.groups = groups
        self.group_name = group_name
        self.positions = positions
        self.labels = labels
        self.signed = signed

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike | None = None,
        *,
        kind: str = "profile",
        method: str = "auto",
        target: Any = None,
        signed: bool = False,
        positions: int | ArrayLike | None = None,
        labels: ArrayLike | None = None,
        alphabet: str | Alphabet | None = None,
        batch_size: int | None = None,
        ax: Any = None,
        **plot_kwargs: Any,
    ) -> SaliencyDisplay:
        """Compute the saliency of a fitted classifier and draw it.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier or Pipeline, as for :func:`saliency`.
        X : array-like of n sequences
            In any form that the estimator reads, as for :func:`saliency`. At most 20 for
            ``kind="sequences"``: every one is drawn.
        y : array-like of shape (n,) or None, default=None
            True labels. None groups a profile or heat map by predicted class.
        kind : {"profile", "sequences", "heatmap"}, default="profile"
            "profile": the mean over the sequences of each class, with one standard deviation to
            either side. "sequences": the letters of every sequence, as high as their saliency.
            "heatmap": each sequence as a line of colours, class by class, for many sequences.
        method : str, default="auto"
            How saliency is computed, see :func:`saliency`.
        target : label, array-like of n labels or None, default=None
            The class to explain. None takes the predicted one.
        signed : bool, default=False
            Whether to draw evidence for the target instead of magnitude.
        positions : int, array-like of shape (L,) or None, default=None
            Numbers of the positions: that of the first one, or all of them, such as -30 to -1 and
            1 to 30 around a junction. None counts from 0.
        labels : list or array of n str, or None, default=None
            What is written above each sequence; None writes row, true and predicted class.
        alphabet : str, Alphabet or None, default=None
            Alphabet of X. None takes the estimator's.
        batch_size : int or None, default=None
            Batch size of occlusion, see :func:`saliency`.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a figure.
        **plot_kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        display : SaliencyDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator gives no scores for classes.
        ValueError
            As :func:`saliency`, or if the other arguments do not fit X.
        """
        check_kind(kind, X)
        if ax is not None:  # before the long computation
            check_axes(ax)
        values = compute_saliency(
            estimator, X, method, target, signed, batch_size, alphabet=alphabet
        )
        true = None if y is None else label_column(y)
        check_consistent_length(values, true)
        groups, group_name = true, "True class"
        if true is None or (kind == "sequences" and labels is None):
            predicted = np.asarray(estimator.predict(X))
            if true is None:
                groups, group_name = predicted, "Predicted class"
            if kind == "sequences" and labels is None:
                labels = written_labels(true, predicted)
        letters = None
        if kind == "sequences":  # as the estimator reads them, padded if it pads
            data = LetterInput.read(estimator, X, alphabet)
            blocks = one_hot(data.codes, data.sequences.alphabet.n_letters)
            letters = blocks.reshape(len(blocks), -1)  # the form that cannot be misread
        return cls.from_saliency(
            values,
            letters,
            groups,
            group_name=group_name,
            kind=kind,
            signed=signed,
            positions=positions,
            labels=labels,
            alphabet=chosen_alphabet(estimator, alphabet),
            ax=ax,
            **plot_kwargs,
        )

    @classmethod
    def from_saliency(
        cls,
        saliency: ArrayLike,
        X: Any = None,
        y: ArrayLike | None = None,
        *,
        kind: str = "profile",
        group_name: str = "Class",
        signed: bool = False,
        positions: int | ArrayLike | None = None,
        labels: ArrayLike | None = None,
        alphabet: str | Alphabet = "DNA",
        ax: Any = None,
        **plot_kwargs: Any,
    ) -> SaliencyDisplay:
        """Draw saliency that is already computed.

        Parameters
        ----------
        saliency : array-like of shape (n, L)
            Values of n sequences.
        X : array-like of n sequences or None, default=None
            Needed for ``kind="sequences"``.
        y : array-like of shape (n,) or None, default=None
            The class that each sequence counts to in a profile or heat map. None makes one of all.
        kind : {"profile", "sequences", "heatmap"}, default="profile"
            What is drawn, see :meth:`from_estimator`.
        group_name : str, default="Class"
            What the classes are, in the legend or at the axis.
        signed : bool, default=False
            Whether the values are signed evidence. Others must not be negative.
        positions : int, array-like of shape (L,) or None, default=None
            Numbers of the positions: that of the first one, or all of them. None counts from 0.
        labels : list or array of n str, or None, default=None
            What is written above each sequence; None writes the row.
        alphabet : str or Alphabet, default="DNA"
            Alphabet of X.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a figure.
        **plot_kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        display : SaliencyDisplay

        Raises
        ------
        ValueError
            If a value is not finite, or negative without ``signed=True``, or if the other
            arguments do not fit the values.
        """
        check_kind(kind, X)
        values = check_values(saliency, signed)
        alphabet = get_alphabet(alphabet)
        codes = None
        if kind == "sequences":
            codes = codes_for(X, values.shape, alphabet)
        check_consistent_length(values, X)
        labels = check_labels(labels, len(values))
        groups = None
        if y is not None:
            groups = label_column(y)
            if kind != "sequences":
                check_classes(groups)
            check_consistent_length(values, groups)
        display = cls(
            values,
            kind=kind,
            codes=codes,
            alphabet=alphabet,
            groups=groups,
            group_name=group_name,
            positions=check_positions(positions, values.shape[1]),
            labels=labels,
            signed=signed,
        )
        return display.plot(ax=ax, **plot_kwargs)

    def plot(
        self,
        ax: Any = None,
        *,
        letter_colors: str | Mapping[str, str] = "classic",
        letters_per_line: int = 60,
        class_colors: Mapping[Any, str] | None = None,
        band: bool = True,
        sort: str | None = None,
    ) -> SaliencyDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a figure.
        letter_colors : {"classic", "colorblind"} or mapping of letter to colour, default="classic"
            For ``kind="sequences"``.
        letters_per_line : int, default=60
            Longer sequences go on in the next line.
        class_colors : mapping of class to colour or None, default=None
            For ``kind="profile"``; None takes a palette that is safe for colour-blind readers.
        band : bool, default=True
            Whether a profile shows the standard deviation.
        sort : {"peak"} or None, default=None
            For ``kind="heatmap"``, the order of the sequences within a class: None as they come,
            "peak" by the position of their largest value. Sorting draws a diagonal out of noise
            too: it shows where peaks are, and not that they mean anything. Other kinds have no
            order to choose, and refuse it.

        Returns
        -------
        display : SaliencyDisplay
            This object.

        Raises
        ------
        ValueError
            If a colour is missing, ``letters_per_line`` is no positive whole number, or ``sort`` is
            unknown or given for another kind than a heat map.
        """
        check_drawing(self.kind, self.groups, sort, letters_per_line, class_colors)
        numbers = check_positions(self.positions, self.saliency.shape[1])
        if self.kind == "profile":
            self._plot_profile(ax, numbers, class_colors, band)
        elif self.kind == "heatmap":
            self._plot_heatmap(ax, numbers, sort)
        else:
            self._plot_sequences(ax, numbers, letter_colors, letters_per_line)
        counted = np.array_equal(numbers, np.arange(len(numbers)))
        self.ax_.set_xlabel("Position (0-based)" if counted else "Position")
        return self

    def _plot_profile(
        self,
        ax: Any,
        numbers: NDArray[Any],
        class_colors: Mapping[Any, str] | None,
        band: bool,
    ) -> None:
        self.figure_, self.ax_ = get_axes(ax, (7.5, 3.6 * text_scale()), "SaliencyDisplay")
        self.lines_, self.bands_ = draw_profile(
            self.ax_,
            self.saliency,
            self.groups,
            group_name=self.group_name,
            numbers=numbers,
            signed=self.signed,
            class_colors=class_colors,
            band=band,
        )
        if ax is None:
            make_room_for_legend(self.ax_)

    def _plot_heatmap(self, ax: Any, numbers: NDArray[Any], sort: str | None) -> None:
        self.figure_, self.ax_ = get_axes(ax, heatmap_size(self.groups), "SaliencyDisplay")
        self.image_, self.colorbar_ = draw_heatmap(
            self.ax_,
            self.saliency,
            self.groups,
            group_name=self.group_name,
            numbers=numbers,
            signed=self.signed,
            sort=sort,
        )

    def _plot_sequences(
        self,
        ax: Any,
        numbers: NDArray[Any],
        letter_colors: str | Mapping[str, str],
        letters_per_line: int,
    ) -> None:
        assert self.codes is not None  # from_saliency has checked
        n, length = self.saliency.shape
        alphabet = get_alphabet(self.alphabet)
        width = min(letters_per_line, length)
        numbered = [f"Sequence {row}" for row in range(n)]
        labels = numbered if self.labels is None else self.labels
        inches = max(5.0, 0.135 * width + 0.8)
        room = inches - 1.0 if ax is None else axes_size(ax)[0]
        titles = [wrapped_title(label, room) for label in labels]
        height = n * (0.9 * -(-length // width) + 0.3) + 0.5
        height += 0.55 * TITLE_LINE * sum(title.count("\n") for title in titles)
        height *= text_scale()  # text stands between the lines, and along the axis
        self.figure_, self.ax_ = get_axes(ax, (inches, height), "SaliencyDisplay")
        self.letters_ = draw_sequences(
            self.ax_,
            self.saliency,
            self.codes,
            alphabet=alphabet,
            colors=color_letters(alphabet, letter_colors),
            titles=titles,
            numbers=numbers,
            signed=self.signed,
            letters_per_line=letters_per_line,
        )
