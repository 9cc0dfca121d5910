"""An index in a folder: immutable generations of segments, and what searches them."""
