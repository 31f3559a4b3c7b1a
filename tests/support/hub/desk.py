"""Fixtures of the push tests: a Hub on loopback in either transport, or the public one when a token is given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.hub.faults import Fault
from tests.support.hub.server import GITATTRIBUTES, Blob, Hub, Repo, regular

HARNESSES = "/api/agent-harnesses"  # asked once a process, by the client for itself
PUBLIC = "https://huggingface.co"
TOKEN = "HF_MEDSEG_HUB_TOKEN"  # a token that may write, for tests against the public Hub; made and deleted there: private repositories


@dataclass
class Desk:
    """Where a test pushes to."""

    repo_id: str
    token: str
    endpoint: str
    hub: Hub | None

    @property
    def api(self) -> Any:
        from huggingface_hub import HfApi

        return HfApi(endpoint=self.endpoint, token=self.token)

    def as_(self, token: str | bool) -> Any:
        """The client of somebody else; False for nobody."""
        from huggingface_hub import HfApi

        return HfApi(endpoint=self.endpoint, token=token)

    @property
    def local(self) -> Hub:
        """The Hub on loopback; what only its inside can tell is not tested on the public one."""
        if self.hub is None:
            pytest.skip("looks inside the Hub on loopback")
        return self.hub

    @property
    def repo(self) -> Repo:
        return self.local.repos[self.repo_id]

    def push(self, out: Path, **options: Any) -> Any:
        """Pushes as the owner; on the public Hub always into a private repository."""
        from hf_medseg.publishing.push import push

        if self.hub is None:
            options["private"] = True
        return push(out, self.repo_id, **{"api": self.api, **options})

    def fail(
        self, kind: Any, when: Callable[[str, str], bool] = lambda method, path: path != HARNESSES, *, skip: int = 0, times: int = 1
    ) -> Fault:
        """Lets one request (or several) fail."""
        fault = Fault(kind, when, skip, times)
        self.local.faults.append(fault)
        return fault

    def hold(self, folder: Path, private: bool = False, **others: bytes) -> Repo:
        """Puts a converted dataset into the repository, as an earlier push did, with files of other people."""
        hub = self.local
        repo = hub.repos.get(self.repo_id) or hub.create(self.repo_id, private=private)
        files = {".gitattributes": regular(GITATTRIBUTES), **{name.replace("__", "."): regular(data) for name, data in others.items()}}
        for path in sorted(folder.rglob("*")):
            if path.is_file() and ".local" not in path.parts:
                name, data = path.relative_to(folder).as_posix(), path.read_bytes()
                blob = regular(data)
                if name.endswith(".parquet"):
                    import hashlib

                    blob = Blob(len(data), hashlib.sha256(data).hexdigest(), True)
                    assert hub.store.put(blob.oid, data)
                files[name] = blob
        repo.commit("an earlier push", files, "Written by hf_medseg 0.0.1.")
        return repo

    def loaded(self, script: str, revision: str = "main", token: str | None = None) -> Any:
        """What a reader's script prints as JSON, in a fresh process with a fresh cache; RuntimeError if it fails."""
        import tempfile

        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
            environment |= {"HF_HOME": home, "HF_ENDPOINT": self.endpoint, "HF_TOKEN": self.token if token is None else token}
            environment |= {"REPO": self.repo_id, "REVISION": revision}
            done = subprocess.run([sys.executable, "-c", script], env=environment, text=True, capture_output=True, cwd=home)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return json.loads(done.stdout.strip().splitlines()[-1])


def open_desk(transport: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A Hub for one test: `lfs` and `xet` are on loopback, `public` is the real one."""
    from huggingface_hub import constants
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", transport == "lfs", raising=False)
    if transport == "public":
        token = os.environ.get(TOKEN)
        if not token:
            pytest.skip(f"not tested against the public Hub: set {TOKEN} to a token that may write")
        desk = Desk("", token, PUBLIC, None)
        desk.repo_id = f"{desk.api.whoami()['name']}/hf-medseg-test-{uuid.uuid4().hex[:8]}"
        try:
            yield desk
        finally:
            desk.api.delete_repo(desk.repo_id, repo_type="dataset", missing_ok=True)
        return
    monkeypatch.setenv("HF_XET_CLIENT_RETRY_BASE_DELAY", "10ms")
    hub = Hub(folder / "hub")
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # the clients wait for seconds between tries
    try:
        yield Desk("ns/chase", "hf_writer", hub.url, hub)
    finally:
        hub.close()
    assert not hub.mistakes, hub.mistakes
