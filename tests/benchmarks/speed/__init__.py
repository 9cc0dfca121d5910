"""How fast it is on one machine, as ratios within one run."""
