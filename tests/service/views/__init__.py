"""Tests of service.views."""
