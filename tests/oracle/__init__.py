"""The dynamic oracle: random programs, all their executions, and the analysis' word on each acquire site."""
