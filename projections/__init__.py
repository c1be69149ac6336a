"""Read models: a file for each, and the engine that folds, rebuilds and serves them."""
