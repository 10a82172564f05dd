"""The shared state of one server that is alone: everything in this process, gone with it."""
