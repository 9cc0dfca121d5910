"""Everything that can be set about the server."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.errors import SettingsError
from rag.configured import configured

SECTION = "server"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the page is served.

    Args:
        host: the address to listen at.
        port: the port; 0 for 7860, or the next one that is free.
        read_only: let readers neither add nor remove articles.
        mcp: also offer the endpoints for programs as tools of the Model Context Protocol, at `/gradio_api/mcp/`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    read_only: bool = False
    mcp: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise SettingsError(f"{self.port} is no port: name one from 1 to 65535")

    def described(self) -> dict[str, Any]:
        """The settings by name."""
        return asdict(self)

    @classmethod
    def load(cls, file: Path | None = None, **arguments: Any) -> ServerSettings:
        """Settings from a file's table `[server]`, from `RAG_SERVER_…` variables, and from arguments not None.

        Raises:
            SettingsError: a setting is unknown, of the wrong kind or impossible.
        """
        return configured(cls, file, arguments, section=SECTION)
