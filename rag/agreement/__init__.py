"""What articles say alike, and where they contradict each other."""
