"""Texts to vectors: sentence-transformers for many, ONNX Runtime for questions and a few."""
