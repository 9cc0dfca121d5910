"""A server under mixed load for minutes: `python -m tests.soak`, or shorter in the tests."""
