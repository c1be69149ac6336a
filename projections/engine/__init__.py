"""The engine: folds books into rows, keeps checkpoints, follows the log, rebuilds beside the live view and switches."""
