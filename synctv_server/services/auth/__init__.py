"""Signing in: sessions and their tokens, passwords, registration, the set-up link, guests."""
