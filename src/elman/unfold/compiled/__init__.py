"""The compiled engine: capture → plan → gradient → code → run."""
