"""Commands that park and unpark effects on views, and items of loops."""
