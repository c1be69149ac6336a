"""Benchmarks: each figure stands beside a yardstick of the same run, because ratios are comparable between machines and
absolute times are not.
"""
