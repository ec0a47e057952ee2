"""Results of earlier runs: what is kept of them, and which of them still hold."""
