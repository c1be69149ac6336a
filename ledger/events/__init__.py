"""The published language: all events, one module for each part of the business."""
