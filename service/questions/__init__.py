"""What lists may be asked for: filters, pages, times and limits."""
