"""Ours against what a user would pick instead: the same articles, questions and model for all."""
