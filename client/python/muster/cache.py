"""The files that survive the process: one a service, and the nodes. Readable by the clients of all languages."""
from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import stat
import time
from typing import Any, Optional

FORMAT = 1
FILE_BYTES_MAX = 64 << 20
SLUG_LENGTH = 60
NODES_FILE = "nodes.jsonl"
UNFINISHED = re.compile(r"\.(service-.*|nodes)\.jsonl\.[0-9]+\.[0-9a-f]{8}")
UNFINISHED_S = 3600  # no write takes that long


def file_name(service: str) -> str:
    """`service` in lower case."""
    slug = re.sub(r"[^a-z0-9.-]", "_", service)[:SLUG_LENGTH]
    return f"service-{slug}-{hashlib.sha256(service.encode()).hexdigest()[:16]}.jsonl"


class Cache:
    """A folder, or none. Whoever owns it calls it from one thread at a time. Nothing here raises: failures are counted."""

    def __init__(self, folder: Optional[str]):
        self.folder = folder
        self.writes, self.errors, self.ignored = 0, 0, 0
        self.last_error: Optional[str] = None

    def read(self, name: str, kind: str) -> Any:
        """The document of a file, or None when there is none that can be trusted."""
        if not self.folder:
            return None
        path = os.path.join(self.folder, name)
        try:
            with open(path, "rb") as file:
                text = file.read(FILE_BYTES_MAX + 1)
            return unpack(text, kind)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            self.ignored += 1
            self.last_error = f"{path} is ignored, and written anew with the next answer: {error}"
            return None

    def write(self, name: str, kind: str, document: Any) -> bool:
        if not self.folder:
            return True
        fresh = os.path.join(self.folder, f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            self._write(fresh, pack(kind, document))
            os.replace(fresh, os.path.join(self.folder, name))
            self._sync_folder()
        except (OSError, ValueError) as error:
            with contextlib.suppress(OSError):
                os.unlink(fresh)
            self.errors += 1
            self.last_error = f"cannot write {name} in {self.folder}: {error}; make room there or give another cache_dir"
            return False
        self.writes += 1
        return True

    def sweep(self) -> None:
        """Removes what processes that were killed while they wrote have left."""
        if not self.folder:
            return
        with contextlib.suppress(OSError):
            for entry in list(os.scandir(self.folder)):
                if UNFINISHED.fullmatch(entry.name):
                    with contextlib.suppress(OSError):
                        found = entry.stat(follow_symlinks=False)
                        if stat.S_ISREG(found.st_mode) and found.st_mtime < time.time() - UNFINISHED_S:
                            os.unlink(entry.path)

    @staticmethod
    def _write(path: str, content: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _sync_folder(self) -> None:
        descriptor = os.open(self.folder or ".", os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def pack(kind: str, document: Any) -> bytes:
    body = json.dumps(document, separators=(",", ":")).encode()
    if len(body) > FILE_BYTES_MAX // 2:
        raise ValueError(f"{len(body)} bytes are more than a cache file holds")
    head = {"format": FORMAT, "kind": kind, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    return json.dumps(head).encode() + b"\n" + body + b"\n"


def unpack(text: bytes, kind: str) -> Any:
    """Raises ValueError for anything but a whole file of this kind."""
    if len(text) > FILE_BYTES_MAX:
        raise ValueError(f"it is larger than {FILE_BYTES_MAX} bytes")
    first, _, rest = text.partition(b"\n")
    head = json.loads(first)
    if not isinstance(head, dict) or head.get("format") != FORMAT or head.get("kind") != kind:
        raise ValueError(f"it is no file of kind {kind} and format {FORMAT}")
    body = rest[:-1]
    if rest[-1:] != b"\n" or head.get("bytes") != len(body) or head.get("sha256") != hashlib.sha256(body).hexdigest():
        raise ValueError("it is torn or damaged")
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError("it holds no object")
    return document
