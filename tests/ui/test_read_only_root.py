"""The server as a container runs it: an ordinary user, and nothing to write to but its data and /tmp."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.ui.serving import event_of

ROOT = Path(__file__).parents[2]
WHY = "Why was the mill closed?"
NOBODY = 65534
# In a mount namespace of its own: what Python needs stays, the data are at /mnt, and all else can only be read.
CONTAINED = """
set -e
mount --bind "$DATA" /mnt
python="$(mktemp -d)"
mount --bind "$PREFIX" "$python"
case "$PREFIX" in /root/*)
    mount -t tmpfs -o mode=755 none /root; mkdir -p "$PREFIX"; mount --bind "$python" "$PREFIX";;
esac
for place in $(findmnt -rno TARGET | grep -vE '^/(proc|sys|dev|mnt)(/|$)'); do
    mount -o remount,bind,ro "$place" 2>/dev/null || true
done
mount -t tmpfs -o mode=1777 none /tmp
for place in "$PROJECT" /usr /var/tmp; do
    if touch "$place/written" 2>/dev/null; then echo "$place can be written" >&2; fi
done
cd /mnt
exec setpriv --reuid $USER_ID --regid $USER_ID --clear-groups --no-new-privs \\
    env -i PATH=/usr/bin:/bin HOME=/tmp RAG_HOME=/mnt HF_HUB_OFFLINE=1 MPLCONFIGDIR=/tmp/matplotlib \\
    PYTHONPATH="$PROJECT" PYTHONDONTWRITEBYTECODE=1 "$PYTHON" -m ui.cli chat --port 0
"""


def _can_contain() -> bool:
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv"):
        return False
    tried = ["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(tried, capture_output=True).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not _can_contain(), reason="needs root, unshare and setpriv")
def test_it_starts_answers_and_takes_uploads_where_only_its_data_and_tmp_can_be_written(
    bundled_index: Path, tmp_path: Path
) -> None:
    data = Path(shutil.copytree(bundled_index.parent, tmp_path / "data"))
    for path in (data, *data.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    known = {"DATA": str(data), "PREFIX": sys.base_prefix, "PROJECT": str(ROOT), "PYTHON": sys.executable}
    command = ["unshare", "--mount", "--propagation", "private", "bash", "-c", CONTAINED]
    with subprocess.Popen(
        command,
        env={**os.environ, **known, "USER_ID": str(NOBODY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        address = server.stdout.readline().split()[-1:]
        assert address, server.communicate()
        with httpx.Client(base_url=address[0], timeout=240) as client:
            assert client.get("/").status_code == 200
            _upload(client)
            asked = client.post("/gradio_api/run/ask", json={"data": [WHY, [], [], "", "", 12]}).json()
            assert "the river froze" in asked["data"][0]["answer"]
        server.send_signal(signal.SIGTERM)
        rest, complaints = server.communicate(timeout=60)
    assert (rest, complaints, server.returncode) == ("", "", 0)


def _upload(client: httpx.Client) -> None:
    """Drop an article on the library, as the page does."""
    article = b"# The mill\n\nThe mill was closed because the river froze in January 1907. It never opened again.\n"
    (path,) = client.post("/gradio_api/upload", files={"files": ("mill.md", article)}).json()
    dropped = {"path": path, "orig_name": "mill.md", "meta": {"_type": "gradio.FileData"}}
    number = event_of(client, "upload")
    body = {"data": [[dropped], ""], "fn_index": number, "session_hash": "s"}
    client.post("/gradio_api/queue/join", json=body).raise_for_status()
    assert "added" in client.get("/gradio_api/queue/data", params={"session_hash": "s"}).text
