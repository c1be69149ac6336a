"""What the outside can rely on."""
