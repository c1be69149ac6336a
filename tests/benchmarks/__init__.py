"""What it costs: every figure beside a yardstick of the same run, because ratios travel and absolute times do not."""
