"""Rules the business tunes: versioned contents whose results are stored in events."""
