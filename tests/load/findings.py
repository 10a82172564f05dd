"""What a scenario finds: figures, with the goal that each is held to, and curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure. `most` is the goal; a figure without one is told for what it is."""

    what: str
    value: float
    unit: str = ""
    most: float | None = None

    @property
    def is_met(self) -> bool:
        return self.most is None or self.value <= self.most


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves over one another. Names of curves are their legend."""

    title: str
    x_label: str
    y_label: str
    curves: Mapping[str, Points]


@dataclass(slots=True)
class Outcome:
    """Everything that one scenario found, in the order in which it was found."""

    findings: list[Finding] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)

    def found(self, what: str, value: float, unit: str = "", *, most: float | None = None) -> None:
        self.findings.append(Finding(what, value, unit, most))

    def plot(self, title: str, x_label: str, y_label: str, curves: Mapping[str, Points]) -> None:
        self.plots.append(Plot(title, x_label, y_label, curves))

    def plot_delays(self, title: str, delays: Mapping[str, Sequence[float]]) -> None:
        """Percentiles of delay, one curve for each run; the most extreme one per cent is left out."""
        curves = {name: list(enumerate(values[:100])) for name, values in delays.items()}
        self.plot(title, "per cent of deliveries", "ms", curves)
