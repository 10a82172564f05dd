"""The page of metrics and its reference."""

from __future__ import annotations

from synctv_server.observability.metrics import Metrics

OF_THE_CONTRACT = {
    "db_pool_utilization_ratio",
    "db_connections_waiting",
    "db_connection_acquire_duration_seconds",
    "db_transaction_rollbacks_total",
    "db_pool_size_max",
    "db_connections_idle",
    "db_connections_active",
    "db_query_duration_seconds",
    "db_query_errors_total",
    "synctv_http_request_duration_seconds",
    "synctv_ws_connections",
    "synctv_rooms_live",
    "synctv_ws_messages_total",
    "synctv_fanout_seconds",
    "synctv_outbox_dropped_total",
    "synctv_playback_drift_seconds",
    "synctv_rate_limited_total",
    "synctv_signing_key_age_seconds",
}


def test_every_metric_of_the_contract_is_on_the_page() -> None:
    metrics = Metrics()
    page = metrics.render().decode()
    assert {each.name for each in metrics.reference} >= OF_THE_CONTRACT
    for name in OF_THE_CONTRACT:
        assert f"# TYPE {name} " in page


def test_names_follow_the_conventions() -> None:
    for metric in Metrics().reference:
        assert metric.name.startswith(("db_", "synctv_"))
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric.name
        assert metric.description.endswith("."), metric.name


def test_gauges_are_filled_when_the_page_is_asked_for() -> None:
    metrics = Metrics()
    open_sockets = [3]
    metrics.on_render(lambda: metrics.ws_connections.set(open_sockets[0]))
    assert b"synctv_ws_connections 3.0" in metrics.render()
    open_sockets[0] = 4
    assert b"synctv_ws_connections 4.0" in metrics.render()


def test_two_sets_of_metrics_do_not_meet() -> None:
    first, second = Metrics(), Metrics()
    first.rate_limited_total.labels("auth").inc()
    assert b'synctv_rate_limited_total{scope="auth"} 1.0' in first.render()
    assert b'scope="auth"' not in second.render()
