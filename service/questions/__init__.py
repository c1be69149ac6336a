"""Questions to read models: filters, pages, times and limits, the same at every entrance."""
