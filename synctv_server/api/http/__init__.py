"""The HTTP door: `/api/v1`, probes, metrics, public keys and the description of it all."""
