"""Links by which somebody gets an account, or into it again; of their secrets only hashes are kept."""
