"""The network as the server sees it: addresses, and who really asks behind a proxy."""
