"""Draw a SaliencyDisplay: axes of the right size, and what its kind asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from sklearn_attngen._extras import require
from sklearn_attngen.sequences import get_alphabet

from .letters import letter_colors as color_letters
from .plot_style import axes_size, get_axes, make_room_for_legend, wrapped_title
from .saliency_heatmap import draw_heatmap, heatmap_size
from .saliency_plots import TITLE_LINE, draw_profile, draw_sequences

if TYPE_CHECKING:
    from .saliency_display import SaliencyDisplay


def draw_saliency(
    ax: Any,
    display: SaliencyDisplay,
    numbers: NDArray[Any],
    *,
    letter_colors: str | Mapping[str, str],
    letters_per_line: int,
    class_colors: Mapping[Any, str] | None,
    band: bool,
    sort: str | None,
) -> dict[str, Any]:
    """Draw into ``ax``, or into axes of a new figure; return what was drawn by attribute."""
    found: dict[str, Any] = {}
    common: dict[str, Any] = {"numbers": numbers, "signed": display.signed}
    if display.kind == "profile":
        found["figure_"], found["ax_"] = get_axes(ax, (7.5, 3.6), "SaliencyDisplay")
        found["lines_"], found["bands_"] = draw_profile(
            found["ax_"],
            display.saliency,
            display.groups,
            group_name=display.group_name,
            class_colors=class_colors,
            band=band,
            **common,
        )
        if ax is None:
            make_room_for_legend(found["ax_"])
    elif display.kind == "heatmap":
        found["figure_"], found["ax_"] = get_axes(
            ax, heatmap_size(display.groups), "SaliencyDisplay"
        )
        found["image_"], found["colorbar_"] = draw_heatmap(
            found["ax_"],
            display.saliency,
            display.groups,
            group_name=display.group_name,
            sort=sort,
            **common,
        )
    else:
        assert display.codes is not None  # from_saliency has checked
        n, length = display.saliency.shape
        alphabet = get_alphabet(display.alphabet)
        width = min(letters_per_line, length)
        numbered = [f"Sequence {row}" for row in range(n)]
        labels = numbered if display.labels is None else display.labels
        inches = max(5.0, 0.135 * width + 0.8)
        room = inches - 1.0 if ax is None else axes_size(ax)[0]
        titles = [wrapped_title(label, room) for label in labels]
        height = n * (0.9 * -(-length // width) + 0.3) + 0.5
        height += 0.55 * TITLE_LINE * sum(title.count("\n") for title in titles)
        usual = require("matplotlib", extra="plot", purpose="SaliencyDisplay").rcParams["font.size"]
        height *= max(1.0, usual / 10)  # text stands between the lines, and along the axis
        found["figure_"], found["ax_"] = get_axes(ax, (inches, height), "SaliencyDisplay")
        found["letters_"] = draw_sequences(
            found["ax_"],
            display.saliency,
            display.codes,
            alphabet=alphabet,
            colors=color_letters(alphabet, letter_colors),
            titles=titles,
            letters_per_line=letters_per_line,
            **common,
        )
    return found
