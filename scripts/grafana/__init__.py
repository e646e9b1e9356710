"""Dashboards for Grafana, derived from the catalog."""
