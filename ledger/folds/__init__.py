"""Folds that both commands and projections need, each written once."""
