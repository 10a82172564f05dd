"""What SyncTV does: one class per noun, one method per use case, the Actor first.

A method checks permission, opens the transaction, applies the domain's rule, and publishes after the commit.
"""
