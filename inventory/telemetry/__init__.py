"""What the service tells of itself: metrics for Prometheus, traces for OpenTelemetry."""
