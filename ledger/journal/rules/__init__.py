"""Posting rules, a module for each part of the business."""
