"""`python -m tests.load`: viewers by the thousand against the installed server, from another process (`make load`).

Each scenario starts a server of its own on one core and brings its viewers from another, over the real protocol.
Figures are ratios in one run, or stand against a goal of docs/reference/performance.md.
"""
