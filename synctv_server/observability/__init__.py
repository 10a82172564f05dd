"""What the server tells about itself: logs, metrics, health. Filled by every layer above, read by its operator."""
