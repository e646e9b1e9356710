"""Ratios against limits that are measured in the same run. See README.md."""
