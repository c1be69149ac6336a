"""The engine of read models: folds books into rows, keeps checkpoints, follows the log, rebuilds and switches."""
