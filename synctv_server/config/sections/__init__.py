"""One file per section of `synctv.toml`; `settings.Settings` puts them together."""
