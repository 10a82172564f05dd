"""Curves as SVG, by hand: the report needs no more than lines, axes and a legend."""

from __future__ import annotations

import math
from html import escape

from tests.load.findings import Plot, Points

WIDTH, HEIGHT = 720, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 40, 48
_COLOURS = ("#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#0891b2")
_STEPS = (1, 2, 5, 10)


def svg(plot: Plot) -> str:
    """The picture of one plot; both axes begin at 0 where nothing is below it."""
    points = [point for curve in plot.curves.values() for point in curve]
    x_most = max((x for x, _ in points), default=1) or 1
    y_most = max((y for _, y in points), default=1) * 1.05 or 1
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
        f'<style>text {{font-size: 12px}}</style><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(_LEFT, 22, plot.title, "font-weight='bold'"),
        _text(WIDTH - _RIGHT, HEIGHT - 10, plot.x_label, "text-anchor='end'"),
        _text(12, _TOP - 4, plot.y_label),
    ]
    below = HEIGHT - _BOTTOM + 18
    parts += [
        _text(_x(value, x_most), below, f"{value:g}", "text-anchor='middle'") for value in ticks(x_most)
    ]
    for value in ticks(y_most):
        y = _y(value, y_most)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{value:g}", "text-anchor='end'"))
    for number, (name, curve) in enumerate(plot.curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        parts.append(
            f'<path d="{_path(curve, x_most, y_most)}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        )
        parts.append(_text(_LEFT + 12, _TOP + 14 + 16 * number, name, f"fill='{colour}'"))
    return "\n".join([*parts, "</svg>\n"])


def ticks(most: float, wanted: int = 6) -> list[float]:
    """Round numbers from 0 up to `most`, about as many as wanted."""
    rough = most / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in _STEPS if power * factor >= rough)
    return [round(step * n, 10) for n in range(int(most / step) + 1)]


def _x(value: float, most: float) -> float:
    return _LEFT + value / most * (WIDTH - _LEFT - _RIGHT)


def _y(value: float, most: float) -> float:
    return HEIGHT - _BOTTOM - value / most * (HEIGHT - _TOP - _BOTTOM)


def _path(curve: Points, x_most: float, y_most: float) -> str:
    return "M" + "L".join(f"{_x(x, x_most):.1f} {_y(y, y_most):.1f}" for x, y in curve)


def _text(x: float, y: float, text: str, attributes: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(text)}</text>'
