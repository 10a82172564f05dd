"""Front doors: translate, call a service and nothing else. `http`, `control`, `ws` and `web` do not know each other."""
