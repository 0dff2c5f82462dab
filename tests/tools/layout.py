"""What every picture has to pass: nothing clipped, nothing on top of anything else."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pdesolve.plotting.style import STYLE


def check_layout(figure: Figure, axes: list[Axes] | None = None, slack: float = 0.0) -> None:
    """Axes with their labels, texts and legends lie inside the figure and do not overlap.

    Boxes may overlap by up to twice `slack` pixels; by default all axes are looked at. Pixels are
    those of files: letters are a little wider there than at matplotlib's own resolution.
    """
    figure.dpi = STYLE["savefig.dpi"]
    figure.draw_without_rendering()
    boxes = [ax.get_tightbbox() for ax in (figure.axes if axes is None else axes)]
    boxes += [text.get_window_extent() for text in figure.texts]
    boxes += [legend.get_window_extent() for legend in figure.legends]
    inside = figure.bbox.padded(1.0)
    for k, box in enumerate(boxes):
        assert box is not None
        assert inside.contains(box.x0, box.y0), k
        assert inside.contains(box.x1, box.y1), k
        for other in boxes[:k]:
            assert other is not None
            assert not box.padded(-slack).overlaps(other.padded(-slack)), k
