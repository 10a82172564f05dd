"""Cryptography without a database: passwords, tokens, the key ring, sealed values, signed links."""
