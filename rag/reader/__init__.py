"""A small reader of our own: it reads a question and a passage together, and says where in it the answer stands."""
