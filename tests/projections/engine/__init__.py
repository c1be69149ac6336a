"""The engine: folds, rebuilds, workers."""
