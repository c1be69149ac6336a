"""Every refusal of the catalogue, caused by a real decision."""
