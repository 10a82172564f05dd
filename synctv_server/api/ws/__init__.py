"""The socket of a room: handshake, frames in, bytes out. Mounted by `app`; the uvicorn class is for `supervisor`."""
