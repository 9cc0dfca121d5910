"""Whether what a claim cites supports it: the sentences that do, and how far."""

from rag.verification.verifier import Checked, Verifier

__all__ = ["Checked", "Verifier"]
