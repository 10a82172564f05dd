"""The `synctv` command: runs the server and tends an installation. It may use the server; the server never uses it."""
