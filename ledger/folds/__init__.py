"""Folds that both commands and projections use."""
