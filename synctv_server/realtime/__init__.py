"""The live side of rooms: the socket protocol, the rooms in memory, and what goes out to whom.

Driven by `api.ws`; calls services; built by `app`.
"""
