"""Language models, wherever they run: an OpenAI-compatible endpoint, or a GGUF file."""
