"""Random commands of the whole menu, on whatever state earlier ones have left: each comes to an outcome."""
