"""What SyncTV is: frozen dataclasses and pure functions. Standard library only, no clock, no I/O."""
