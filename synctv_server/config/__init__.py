"""Settings: typed sections, where each value came from, secrets, findings. Read by `app` and the command line alone."""
