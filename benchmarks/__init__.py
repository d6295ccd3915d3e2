"""Measure the dashboard and the embedded Studio from outside, as browsers and other clients use them.

`python -m benchmarks` runs all benchmarks, `python -m benchmarks NAME` runs one, and `--list` names them.
"""
