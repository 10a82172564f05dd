"""docs/reference/metrics.md, from the registry of metrics."""

from __future__ import annotations

from docs.generate.markdown import code, document, table
from synctv_server.observability.metrics import Metrics

_INTRODUCTION = """\
`GET /metrics` gives these in Prometheus' text format, beside the usual `process_…` of the process. With
`observability.metrics_token` set it asks for that token; without, it answers this machine alone."""


def page() -> str:
    """One table of all metrics."""
    rows = [
        (code(metric.name), metric.kind, ", ".join(map(code, metric.labels)), metric.description)
        for metric in Metrics().reference
    ]
    return document("Metrics", _INTRODUCTION, table(("name", "kind", "labels", ""), rows))
