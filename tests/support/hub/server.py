"""The HTTP side of the test Hub, for the real `huggingface_hub` and `datasets` clients."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import yaml

from tests.support.hub.faults import Fault, answer
from tests.support.hub.store import Store

GITATTRIBUTES = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n*.zip filter=lfs diff=lfs merge=lfs -text\n"
LARGE = 10 << 20
MISSING = "A file with this name doesn't exist"


@dataclass(frozen=True)
class User:
    """Who a token belongs to, and what it may do."""

    name: str
    role: str = "write"
    orgs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Blob:
    """One file: regular ones carry their bytes."""

    size: int
    oid: str
    lfs: bool
    data: bytes = b""

    @property
    def entry(self) -> dict[str, Any]:
        lfs = {"lfs": {"oid": self.oid, "sha256": self.oid, "size": self.size, "pointerSize": 130}} if self.lfs else {}
        return {"oid": hashlib.sha1(self.oid.encode()).hexdigest() if self.lfs else self.oid, "size": self.size, **lfs}


@dataclass(frozen=True)
class Commit:
    """A whole state of a repository."""

    oid: str
    parent: str | None
    title: str
    files: dict[str, Blob]
    message: str = ""


@dataclass
class Repo:
    """A dataset repository."""

    id: str
    private: bool
    gated: bool | str = False
    commits: list[Commit] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    branches: list[str] = field(default_factory=lambda: ["main"])  # all at the head
    history: list[tuple[bool, bool | str, str]] = field(default_factory=list)  # (private, gated, head) after every change

    @property
    def head(self) -> Commit:
        return self.commits[-1]

    def at(self, revision: str) -> Commit | None:
        if revision in ("main", "refs/heads/main"):
            return self.head
        oid = self.tags.get(revision, revision)
        return next((commit for commit in self.commits if commit.oid == oid), None)

    def commit(self, title: str, files: dict[str, Blob], message: str = "") -> Commit:
        parent = self.commits[-1].oid if self.commits else None
        oid = hashlib.sha1(f"{self.id} {parent} {title} {len(self.commits)} {sorted(files)}".encode()).hexdigest()
        self.commits.append(Commit(oid, parent, title, files, message))
        self.note()
        return self.head

    def note(self) -> None:
        self.history.append((self.private, self.gated, self.head.oid))

    def put(self, title: str, **files: bytes) -> Commit:
        """Commits regular files, as somebody else would."""
        return self.commit(title, {**self.head.files, **{name: regular(data) for name, data in files.items()}})

    def content(self) -> dict[str, str]:
        """Path -> oid at the head, without `.gitattributes`."""
        return {path: blob.oid for path, blob in self.head.files.items() if path != ".gitattributes"}


def regular(data: bytes) -> Blob:
    return Blob(len(data), hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest(), False, data)


@dataclass
class Answer:
    """What goes back."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Wrong(Exception):
    """An answer that says no."""

    def __init__(self, status: int, text: str, code: str = "") -> None:
        super().__init__(text)
        self.answer = _error(status, text, {"X-Error-Code": code} if code else {})


def _error(status: int, text: str, headers: dict[str, str]) -> Answer:
    said = {"X-Error-Message": text.replace("\n", " "), "Content-Type": "application/json", **headers}
    return Answer(status, json.dumps({"error": text}).encode(), said)


def _json(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


@dataclass
class Request:
    """One request as the routes see it."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Any
    body: bytes
    user: User | None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Route = Callable[..., Answer]
_ROUTES: list[tuple[str, re.Pattern[str], Route]] = []


def route(method: str, pattern: str) -> Callable[[Route], Route]:
    """Registers a handler for a method and a pattern over the raw path; `ID` stands for namespace/name, `X` for one quoted element."""
    expression = (
        pattern.replace("ID", r"(?P<repo_id>[\w.-]+/[\w.-]+)").replace("REV", r"(?P<revision>[^/?]+)").replace("PATH", r"(?P<path>.+)")
    )

    def register(handler: Route) -> Route:
        _ROUTES.append((method, re.compile(rf"{expression}\Z"), handler))
        return handler

    return register


class Hub:
    """The test Hub: users, repositories, a store, the requests it saw, and the faults it is told to have."""

    def __init__(self, root: Path) -> None:
        self.store = Store(root)
        self.users = {"hf_writer": User("ns", orgs=("lab",)), "hf_reader": User("ns", "read"), "hf_stranger": User("stranger")}
        self.repos: dict[str, Repo] = {}
        self.collections: dict[str, dict[str, Any]] = {}
        self.seen: list[tuple[str, str, int]] = []
        self.faults: list[Fault] = []
        self.before: Callable[[str, str], None] | None = None  # called before each request, to play other people
        self.mistakes: list[Exception] = []
        self.connections: set[socket.socket] = set()
        self.page = 1000
        self.lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{port}"
        self.storage = f"http://localhost:{port}"  # another origin, as on the real Hub
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Ends the server and every connection that clients keep open."""
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def calls(self, method: str, pattern: str) -> list[int]:
        """The answers' status of every request like this."""
        return [status for m, path, status in self.seen if m == method and re.search(pattern, path)]

    def create(self, repo_id: str, *, private: bool = False) -> Repo:
        repo = Repo(repo_id, private)
        repo.commit("initial commit", {".gitattributes": regular(GITATTRIBUTES)})
        self.repos[repo_id] = repo
        return repo

    def answer(self, request: Request) -> Answer:
        with self.lock:
            try:
                for method, pattern, handler in _ROUTES:
                    if (method == request.method or (method, request.method) == ("GET", "HEAD")) and (match := pattern.match(request.path)):
                        return handler(self, request, **{name: unquote(value) for name, value in match.groupdict().items() if value})
                raise Wrong(404, "Not found")
            except Wrong as wrong:
                return wrong.answer
            except Exception as error:  # a mistake of this server: no test that meets one may pass
                self.mistakes.append(error)
                return _error(501, repr(error), {})

    # --- who may what ---

    def readable(self, repo_id: str, user: User | None, *, files: bool = False) -> Repo:
        repo = self.repos.get(repo_id)
        mine = user is not None and repo_id.partition("/")[0] in (user.name, *user.orgs)
        if repo is None or (repo.private and not mine):
            if user is None:
                raise Wrong(401, "Invalid username or password.", "RepoNotFound")
            raise Wrong(404, "Repository not found", "RepoNotFound")
        if files and repo.gated and not mine:
            raise Wrong(401 if user is None else 403, f"Access to dataset {repo_id} is restricted.", "GatedRepo")
        return repo

    def writable(self, repo_id: str, user: User | None) -> Repo:
        repo = self.readable(repo_id, user)
        may_write(repo_id.partition("/")[0], user)
        return repo


def may_write(namespace: str, user: User | None) -> None:
    if user is None:
        raise Wrong(401, "Invalid username or password.")
    if namespace not in (user.name, *user.orgs):
        raise Wrong(403, f'You don\'t have the rights to create or write under the namespace "{namespace}"')
    if user.role == "read":
        raise Wrong(403, "Forbidden: this token is read-only.")


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            hub.connections.add(self.connection)

        def finish(self) -> None:
            hub.connections.discard(self.connection)
            super().finish()

        def log_message(self, *args: Any) -> None:
            pass

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") == "chunked":
                parts = []
                while size := int(self.rfile.readline(), 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _serve(self) -> None:
            body = self._body()
            path, _, query = self.path.partition("?")
            if hub.before is not None:
                hub.before(self.command, path)
            with hub.lock:
                fault = next((fault for fault in hub.faults if fault.meets(self.command, path)), None)
            if fault is not None and fault.kind not in ("drop after", "cut"):
                self._fail(fault, path)
                return
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            user = hub.users.get(token)
            if token and user is None:
                found = _error(401, "Invalid credentials in Authorization header", {})
            else:
                found = hub.answer(Request(self.command, path, parse_qs(query, keep_blank_values=True), self.headers, body, user))
            hub.seen.append((self.command, path, found.status if fault is None else 0))
            if fault is not None and (fault.kind == "drop after" or self.command == "HEAD" or not found.body):
                self._drop()
                return
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in found.headers:
                self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(found.body if fault is None else found.body[: len(found.body) // 2])
            if fault is not None:
                self._drop()

        def _fail(self, fault: Fault, path: str) -> None:
            if fault.kind == "drop before":
                hub.seen.append((self.command, path, 0))
                self._drop()
                return
            status, headers, text = answer(fault.kind)
            hub.seen.append((self.command, path, status))
            found = _error(status, text, headers)
            self.send_response(status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(found.body)

        def _drop(self) -> None:
            self.close_connection = True
            self.wfile.flush()

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815

    return Handler


# --- account and repository -------------------------------------------------------------------------------------------------------------


@route("GET", "/api/agent-harnesses")
def _harnesses(hub: Hub, request: Request) -> Answer:
    return _json({})


@route("GET", "/api/whoami-v2")
def _whoami(hub: Hub, request: Request) -> Answer:
    user = request.user
    if user is None:
        raise Wrong(401, "Invalid username or password.")
    auth = {"type": "access_token", "accessToken": {"displayName": "test", "role": user.role}}
    orgs = [{"name": org, "fullname": org, "roleInOrg": "write"} for org in user.orgs]
    return _json({"type": "user", "name": user.name, "fullname": user.name, "orgs": orgs, "auth": auth})


@route("POST", "/api/repos/create")
def _create(hub: Hub, request: Request) -> Answer:
    asked = request.json
    namespace = asked.get("organization") or (request.user.name if request.user else "")
    may_write(namespace, request.user)
    repo_id = f"{namespace}/{asked['name']}"
    found = {"url": f"{hub.url}/datasets/{repo_id}", "name": repo_id, "id": repo_id}
    if asked["type"] != "dataset":
        raise Wrong(400, "Only datasets here")
    if repo_id in hub.repos:
        return _json({**found, "error": "You already created this dataset repo"}, 409)
    hub.create(repo_id, private=asked.get("visibility") == "private" or bool(asked.get("private")))
    return _json(found)


@route("DELETE", "/api/repos/delete")
def _delete(hub: Hub, request: Request) -> Answer:
    repo_id = f"{request.json.get('organization') or (request.user and request.user.name)}/{request.json['name']}"
    hub.writable(repo_id, request.user)
    del hub.repos[repo_id]
    return _json({})


@route("PUT", "/api/datasets/ID/settings")
def _settings(hub: Hub, request: Request, repo_id: str) -> Answer:
    repo = hub.writable(repo_id, request.user)
    asked = request.json
    if "gated" in asked:
        if asked["gated"] not in (False, "auto", "manual"):
            raise Wrong(400, "gated: false, auto or manual")
        repo.gated = asked["gated"]
    if "visibility" in asked or "private" in asked:
        repo.private = asked.get("visibility") == "private" or asked.get("private") is True
    repo.note()
    return _json({})


@route("GET", "/api/datasets/ID/auth-check(?P<write>/write)?")
def _auth_check(hub: Hub, request: Request, repo_id: str, write: str = "") -> Answer:
    if request.path.endswith("/write"):
        hub.writable(repo_id, request.user)
    else:
        hub.readable(repo_id, request.user, files=True)
    return _json({})


@route("GET", "/api/datasets/ID(/revision/REV)?")
def _info(hub: Hub, request: Request, repo_id: str, revision: str = "main") -> Answer:
    repo = hub.readable(repo_id, request.user)
    commit = _commit_of(repo, revision)
    blobs = "blobs" in request.query
    siblings = []
    for path, blob in commit.files.items():
        entry = blob.entry
        siblings.append({"rfilename": path, **({"size": blob.size, "blobId": entry["oid"], "lfs": entry.get("lfs")} if blobs else {})})
    card = _card(commit.files["README.md"].data) if "README.md" in commit.files else {}
    when = "2026-11-01T00:00:00.000Z"
    told = {
        "id": repo.id,
        "author": repo.id.partition("/")[0],
        "sha": commit.oid,
        "lastModified": when,
        "createdAt": when,
        "private": repo.private,
    }
    return _json(
        {**told, "gated": repo.gated, "disabled": False, "tags": [], "downloads": 0, "likes": 0, "cardData": card, "siblings": siblings}
    )


def _commit_of(repo: Repo, revision: str) -> Commit:
    commit = repo.at(revision)
    if commit is None:
        raise Wrong(404, f"Invalid rev id: {revision}", "RevisionNotFound")
    return commit


@route("GET", "/api/datasets/ID/refs")
def _refs(hub: Hub, request: Request, repo_id: str) -> Answer:
    repo = hub.readable(repo_id, request.user)
    branches = [{"name": name, "ref": f"refs/heads/{name}", "targetCommit": repo.head.oid} for name in repo.branches]
    tags = [{"name": name, "ref": f"refs/tags/{name}", "targetCommit": oid} for name, oid in repo.tags.items()]
    return _json({"branches": branches, "converts": [], "tags": tags})


@route("GET", "/api/datasets/ID/commits/REV")
def _commits(hub: Hub, request: Request, repo_id: str, revision: str) -> Answer:
    repo = hub.readable(repo_id, request.user)
    when = "2026-11-01T00:00:00.000Z"
    return _json(
        [{"id": c.oid, "title": c.title, "message": c.message, "date": when, "authors": [{"user": "ns"}]} for c in reversed(repo.commits)]
    )


@route("POST", "/api/datasets/ID/tag/REV")
def _tag(hub: Hub, request: Request, repo_id: str, revision: str) -> Answer:
    repo = hub.writable(repo_id, request.user)
    commit, name = _commit_of(repo, revision), request.json["tag"]
    if name in repo.tags:
        raise Wrong(409, f"Tag {name} already exists")
    repo.tags[name] = commit.oid
    return _json({})


@route("DELETE", "/api/datasets/ID/tag/REV")
def _untag(hub: Hub, request: Request, repo_id: str, revision: str) -> Answer:
    repo = hub.writable(repo_id, request.user)
    if repo.tags.pop(revision, None) is None:
        raise Wrong(404, "Tag not found", "RevisionNotFound")
    return _json({})


# --- writing ----------------------------------------------------------------------------------------------------------------------------


def _card(data: bytes) -> dict[str, Any]:
    match = re.match(r"---\r?\n(.*?)\r?\n---(\r?\n|\Z)", data.decode(), re.DOTALL)
    return (yaml.safe_load(match[1]) or {}) if match else {}


def _card_errors(text: str) -> list[str]:
    try:
        card = _card(text.encode())
    except yaml.YAMLError as error:
        return [f"invalid YAML: {error}"]
    if not isinstance(card, dict):
        return ["metadata must be a mapping"]
    wrong = [] if isinstance(card.get("license", ""), (str, list)) else ['"license" must be a string']
    configs = card.get("configs", [])
    if not isinstance(configs, list) or any(not isinstance(one, dict) or "config_name" not in one for one in configs):
        wrong.append('"configs" must be a list of configs')
    return wrong


@route("POST", "/api/validate-yaml")
def _validate(hub: Hub, request: Request) -> Answer:
    errors = _card_errors(request.json["content"])
    return _json({"errors": [{"message": text} for text in errors], "warnings": []}, 400 if errors else 200)


def _is_lfs(path: str, size: int) -> bool:
    return path.endswith((".parquet", ".zip")) or size > LARGE


@route("POST", "/api/datasets/ID/preupload/REV")
def _preupload(hub: Hub, request: Request, repo_id: str, revision: str) -> Answer:
    repo = hub.writable(repo_id, request.user)
    files = _commit_of(repo, revision).files
    asked = request.json
    if len(asked["files"]) > 256:
        raise Wrong(400, "At most 256 files")
    ignored = asked.get("gitIgnore")
    if ignored is None:
        ignored = files[".gitignore"].data.decode() if ".gitignore" in files else ""
    found = []
    for file in asked["files"]:
        path, size = file["path"], file["size"]
        if len(base64.b64decode(file["sample"])) != min(size, 512):
            raise Wrong(400, "The sample holds the first 512 bytes")
        suffixes = [line.strip().lstrip("*") for line in ignored.splitlines() if line.strip() and not line.startswith("#")]
        there = files.get(path)
        mode = "lfs" if _is_lfs(path, size) else "regular"
        told = {"path": path, "uploadMode": mode, "shouldIgnore": any(path.endswith(suffix) for suffix in suffixes)}
        found.append({**told, **({"oid": there.oid} if there else {})})
    return _json({"files": found})


@route("POST", r"/datasets/ID\.git/info/lfs/objects/batch")
def _batch(hub: Hub, request: Request, repo_id: str) -> Answer:
    hub.writable(repo_id, request.user)
    if request.headers.get("Content-Type") != "application/vnd.git-lfs+json":
        raise Wrong(415, "application/vnd.git-lfs+json expected")
    objects = []
    for one in request.json["objects"]:
        oid, size = one["oid"], one["size"]
        found: dict[str, Any] = {"oid": oid, "size": size}
        if not hub.store.has(oid):
            verify = {"href": f"{hub.url}/datasets/{repo_id}.git/info/lfs/verify"}
            found["actions"] = {"upload": {"href": f"{hub.storage}/storage/{oid}?size={size}"}, "verify": verify}
        objects.append(found)
    return _json({"transfer": "basic", "objects": objects})


@route("PUT", r"/storage/(?P<oid>[0-9a-f]{64})")
def _put(hub: Hub, request: Request, oid: str) -> Answer:
    if request.headers.get("Authorization"):
        raise Wrong(400, "Only one auth mechanism allowed")
    if len(request.body) != int(request.query["size"][0]) or not hub.store.put(oid, request.body):
        raise Wrong(400, "The bytes are not what the address says")
    return Answer(200, b"", {"ETag": f'"{oid}"'})


@route("POST", r"/datasets/ID\.git/info/lfs/verify")
def _verify(hub: Hub, request: Request, repo_id: str) -> Answer:
    hub.writable(repo_id, request.user)
    oid, size = request.json["oid"], request.json["size"]
    if not hub.store.has(oid) or hub.store.path(oid).stat().st_size != size:
        raise Wrong(404, "Object not found")
    return _json({})


@route("GET", "/api/datasets/ID/xet-(?P<kind>read|write)-token/REV")
def _xet_token(hub: Hub, request: Request, repo_id: str, kind: str, revision: str) -> Answer:
    repo = hub.writable(repo_id, request.user) if kind == "write" else hub.readable(repo_id, request.user, files=True)
    _commit_of(repo, revision)
    told = {"accessToken": "xet", "exp": int(time.time()) + 3600, "casUrl": f"local://{hub.store.xet}"}
    headers = {"X-Xet-Cas-Url": told["casUrl"], "X-Xet-Access-Token": "xet", "X-Xet-Token-Expiration": str(told["exp"])}
    return _json(told, **headers)


@route("POST", "/api/datasets/ID/commit/REV")
def _commit(hub: Hub, request: Request, repo_id: str, revision: str) -> Answer:
    repo = hub.writable(repo_id, request.user)
    if revision != "main":
        raise Wrong(404, f"Invalid rev id: {revision}", "RevisionNotFound")
    if request.headers.get("Content-Type") != "application/x-ndjson":
        raise Wrong(400, "application/x-ndjson expected")
    header, *operations = [json.loads(line) for line in request.body.splitlines()]
    if header["key"] != "header" or not header["value"].get("summary"):
        raise Wrong(400, "A commit begins with its header, and has a summary")
    parent = header["value"].get("parentCommit")
    if parent is not None and parent != repo.head.oid:
        raise Wrong(412, "A commit has happened since. Please refresh and try again.")
    files = dict(repo.head.files)
    touched: set[str] = set()
    for operation in operations:
        value = operation["value"]
        path = value["path"]
        if path in touched or path.startswith("/") or ".." in path.split("/"):
            raise Wrong(400, f"Path {path} is wrong or named twice")
        touched.add(path)
        files.update(_applied(hub, operation["key"], value, files))
    repo.commit(header["value"]["summary"], files, header["value"].get("description", ""))
    return _json({"success": True, "commitOid": repo.head.oid, "commitUrl": f"{hub.url}/datasets/{repo_id}/commit/{repo.head.oid}"})


def _applied(hub: Hub, key: str, value: dict[str, Any], files: dict[str, Blob]) -> dict[str, Blob]:
    path = value["path"]
    if key == "deletedFile":
        if files.pop(path, None) is None:
            raise Wrong(404, MISSING, "EntryNotFound")
        return {}
    if key == "deletedFolder":
        inside = [name for name in files if name.startswith(path.rstrip("/") + "/")]
        if not inside:
            raise Wrong(404, MISSING, "EntryNotFound")
        for name in inside:
            del files[name]
        return {}
    if key == "file":
        data = base64.b64decode(value["content"], validate=True)
        if _is_lfs(path, len(data)):
            raise Wrong(400, f"{path} must be stored as a large file")
        if path == "README.md" and (wrong := _card_errors(data.decode())):
            raise Wrong(400, "; ".join(wrong))
        return {path: regular(data)}
    if key == "lfsFile":
        if value["algo"] != "sha256" or not hub.store.has(value["oid"]):
            raise Wrong(400, f"The object of {path} was not uploaded")
        size = hub.store.path(value["oid"]).stat().st_size
        if value.get("size") != size:
            raise Wrong(400, f"{path} has another size")
        return {path: Blob(size, value["oid"], True)}
    raise Wrong(400, f"Unknown operation {key}")


# --- reading ----------------------------------------------------------------------------------------------------------------------------


@route("GET", "/api/datasets/ID/tree/REV(/PATH)?")
def _tree(hub: Hub, request: Request, repo_id: str, revision: str, path: str = "") -> Answer:
    commit = _commit_of(hub.readable(repo_id, request.user), revision)
    inside = f"{path.rstrip('/')}/" if path else ""
    recursive = request.query.get("recursive", ["false"])[0].lower() == "true"
    entries: dict[str, dict[str, Any]] = {}
    for name, blob in sorted(commit.files.items()):
        if name.startswith(inside):
            parts = name[len(inside) :].split("/")
            for depth in range(1, len(parts)):
                folder = inside + "/".join(parts[:depth])
                if recursive or depth == 1:
                    entries.setdefault(folder, {"type": "directory", "path": folder, "oid": "0" * 40, "size": 0})
            if recursive or len(parts) == 1:
                entries[name] = {"type": "file", "path": name, **blob.entry}
    if path and not entries:
        raise Wrong(404, f"{path} does not exist on {revision}", "EntryNotFound")
    start = int(request.query.get("cursor", ["0"])[0])
    page = list(entries.values())[start : start + hub.page]
    more = {}
    if start + hub.page < len(entries):
        link = f"{hub.url}{request.path}?recursive={str(recursive).lower()}&cursor={start + hub.page}"
        more = {"Link": f'<{link}>; rel="next"'}
    return _json(page, **more)


@route("POST", "/api/datasets/ID/paths-info/REV")
def _paths_info(hub: Hub, request: Request, repo_id: str, revision: str) -> Answer:
    commit = _commit_of(hub.readable(repo_id, request.user), revision)
    found = []
    for path in parse_qs(request.body.decode()).get("paths", []):
        if path in commit.files:
            found.append({"type": "file", "path": path, **commit.files[path].entry})
        elif any(name.startswith(f"{path}/") for name in commit.files):
            found.append({"type": "directory", "path": path, "oid": "0" * 40, "size": 0})
    return _json(found)


@route("GET", "/datasets/ID/resolve/REV/PATH")
def _resolve(hub: Hub, request: Request, repo_id: str, revision: str, path: str) -> Answer:
    commit = _commit_of(hub.readable(repo_id, request.user, files=True), revision)
    blob = commit.files.get(path)
    if blob is None:
        missing = Wrong(404, "Entry not found", "EntryNotFound").answer
        missing.headers["X-Repo-Commit"] = commit.oid
        return missing
    if not blob.lfs:
        return _ranged(request, blob.data, {"X-Repo-Commit": commit.oid, "ETag": f'"{blob.oid}"'})
    where = f"{hub.storage}/storage/{blob.oid}"
    told = {"X-Repo-Commit": commit.oid, "X-Linked-ETag": f'"{blob.oid}"', "X-Linked-Size": str(blob.size), "Location": where}
    return Answer(302, b"", told)


@route("GET", r"/storage/(?P<oid>[0-9a-f]{64})")
def _storage(hub: Hub, request: Request, oid: str) -> Answer:
    if request.headers.get("Authorization"):
        raise Wrong(400, "Only one auth mechanism allowed")
    return _ranged(request, hub.store.path(oid).read_bytes(), {"ETag": f'"{oid}"', "Accept-Ranges": "bytes"})


def _ranged(request: Request, data: bytes, headers: dict[str, str]) -> Answer:
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("Range") or "")
    if match is None:
        return Answer(200, data, {**headers, "Content-Length": str(len(data))})
    first = int(match[1]) if match[1] else max(len(data) - int(match[2]), 0)
    last = min(int(match[2]), len(data) - 1) if match[1] and match[2] else len(data) - 1
    if first >= len(data):
        return Answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
    return Answer(206, data[first : last + 1], {**headers, "Content-Range": f"bytes {first}-{last}/{len(data)}"})


# --- collections ------------------------------------------------------------------------------------------------------------------------

_numbers = itertools.count(1)


@route("POST", "/api/collections")
def _new_collection(hub: Hub, request: Request) -> Answer:
    asked = request.json
    may_write(asked["namespace"], request.user)
    for slug, found in hub.collections.items():
        if found["title"] == asked["title"] and slug.startswith(f"{asked['namespace']}/"):
            return _json({"error": "This collection already exists", "slug": slug}, 409)
    slug = f"{asked['namespace']}/{re.sub(r'[^a-z0-9]+', '-', asked['title'].lower())}-{next(_numbers):024x}"
    shown = {
        "slug": slug,
        "title": asked["title"],
        "owner": {"name": asked["namespace"]},
        "items": [],
        "private": asked.get("private", False),
    }
    extra = {
        "lastUpdated": "2026-11-01T00:00:00.000Z",
        "position": 0,
        "theme": "blue",
        "upvotes": 0,
        "description": asked.get("description", ""),
    }
    hub.collections[slug] = {**shown, **extra}
    return _json(hub.collections[slug])


@route("GET", "/api/collections/(?P<slug>[^/]+/[^/]+)")
def _collection(hub: Hub, request: Request, slug: str) -> Answer:
    if slug not in hub.collections:
        raise Wrong(404, "Collection not found")
    return _json(hub.collections[slug])


@route("POST", "/api/collections/(?P<slug>[^/]+/[^/]+)/items?")
def _collect(hub: Hub, request: Request, slug: str) -> Answer:
    item = request.json["item"]
    may_write(slug.partition("/")[0], request.user)
    items = hub.collections[slug]["items"]
    if any(one["id"] == item["id"] for one in items):
        raise Wrong(409, "Item already in collection")
    hub.readable(item["id"], request.user)
    items.append({"_id": f"{next(_numbers):024x}", "id": item["id"], "type": item["type"], "position": len(items)})
    return _json(hub.collections[slug])
