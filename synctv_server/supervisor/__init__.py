"""Runs the server as a process: the lock of its installation, its two listeners, signals, and the order of its end.

Called by `synctv serve`. The lock and the place of the control socket also serve the other commands.
"""
