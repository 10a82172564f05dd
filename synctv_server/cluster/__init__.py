"""What replicas share: the room's log, notices, presence, counters and values that are taken once.

Each module holds one Protocol and its values; `memory` keeps it in this process. Built by `app`, used by services
and `realtime`. Every implementation passes the same contract in `tests/contract`.
"""
