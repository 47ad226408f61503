"""The whole sandbox: one HTTP port for GitHub, Google and the pages, one SMTP port, one thread, one event loop."""

import asyncio
import json
import socket
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from sandbox import control
from sandbox.faults import Faults
from sandbox.front import CuttableProtocol, Front
from sandbox.github import app as github
from sandbox.github import automation
from sandbox.github.hooks.courier import Courier
from sandbox.github.hooks.happenings import happenings
from sandbox.github.people import Person
from sandbox.github.seed import HOOK, point_hook
from sandbox.github.state import Change, GitHubState
from sandbox.google import app as google
from sandbox.google import people as google_people
from sandbox.google.account import write_key_file
from sandbox.google.seed import SERVICE_ACCOUNT
from sandbox.google.seed import seeded as google_seeded
from sandbox.google.state import GoogleState
from sandbox.journal import Journal
from sandbox.mail import Mailbox, smtp
from sandbox.pages import routes as pages
from sandbox.store import Store

T = TypeVar("T")


class Sandbox:
    """GitHub, Google and SMTP on localhost.

    Use as a context manager, or `start()` and `stop()`. `data`: a folder that keeps everything over restarts;
    without it all is forgotten. `smtp_users`: name -> password; given any, mail needs a login. Port 0 is a free one.
    `webhook_url`: where the organization's hook points; its secret is `webhook_secret` or made up. `bare`: GitHub's
    repositories and board start as new ones, without what leads need.
    """

    def __init__(
        self,
        data: Path | None = None,
        *,
        org: str = "2i2c-org",
        host: str = "127.0.0.1",
        port: int = 0,
        smtp_port: int = 0,
        smtp_users: Mapping[str, str] | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        bare: bool = False,
    ) -> None:
        self.org = org
        self._bare = bare
        self.faults = Faults()
        self.journal = Journal()
        self._store = Store(data)
        self._data = data
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._hook = (webhook_url, webhook_secret)
        self._users = dict(smtp_users or {})
        self._address = (host, port)
        self._smtp_address = (host, smtp_port)
        self._thread: Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._app: Starlette | None = None

    # Life

    def start(self) -> Self:
        """Listens when it returns. Raises OSError when a port is taken."""
        with ExitStack() as undo:
            http = undo.enter_context(_listen(*self._address))
            mail = undo.enter_context(_listen(*self._smtp_address))
            self.host = self.smtp_host = self._address[0]
            self.port, self.smtp_port = http.getsockname()[1], mail.getsockname()[1]
            if self._data is None:
                self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-")
                undo.callback(self._temporary.cleanup)
            self._key = write_key_file(self.credentials_file, SERVICE_ACCOUNT, f"{self.url}/token")
            self._load()
            undo.pop_all()
        started: Future[None] = Future()
        self._thread = Thread(target=self._serve, args=(http, mail, started), name="sandbox")
        self._thread.start()
        started.result()
        return self

    def stop(self) -> None:
        if self._thread and self._loop and self._stopping:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._thread = None
        if self._temporary:
            self._temporary.cleanup()
            self._temporary = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def reset(self, *, bare: bool = False) -> None:
        """Back to the seeded start: no fault set, nothing in the journal or the mailbox, every token void.

        `bare`: to new repositories and a new board.
        """
        self._bare = bare
        self.courier.stop()
        self.faults.clear()
        self.journal.clear()
        self._store.clear("github", "google", "mail")
        self._load()

    # How to reach it

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def credentials_file(self) -> Path:
        """The service account's key file."""
        folder = Path(self._temporary.name) if self._temporary else self._data
        assert folder is not None  # noqa: S101 - start() made one
        return folder / "service-account.json"

    def environment(self) -> dict[str, str]:
        """The settings that point the service at this sandbox."""
        settings = {
            "GITHUB__API_URL": f"{self.url}/api/v3",
            "GITHUB__TOKEN": "sandbox-token",
            "GITHUB__ORG": self.org,
            "GITHUB__LEADS_REPO": "leads",
            "GITHUB__HUBS_REPO": "pilot-hubs",
            "GITHUB__PROJECT_NUMBER": "1",
            "PEOPLE": json.dumps({name: [f"team:{name}"] for name in ("sales", "contracts", "engineering")}),
            "GOOGLE__API_ROOT": self.url,
            "GOOGLE__CREDENTIALS_FILE": str(self.credentials_file),
            "GOOGLE__LEADS_FOLDER": self.google.leads_folder,
            "GOOGLE__QUESTIONNAIRE_FORM": self.google.questionnaire,
            "GOOGLE__QUESTIONNAIRE_URL": f"{self.url}/forms/{self.google.questionnaire}/viewform",
            "GOOGLE__PRICE_SHEET": self.google.price_sheet,
            "MAIL__HOST": self.smtp_host,
            "MAIL__PORT": str(self.smtp_port),
            "MAIL__SECURITY": "none",
            "INVOICE__SENDER": "Example Hubs",
            "INVOICE__ADDRESS": json.dumps(["1 Example Street", "Example City"]),
            "INVOICE__TAX_ID": "00-0000000",
            "INVOICE__BANK": json.dumps(["Example Bank, account 000 111 222"]),
        }
        if self._hook[0] is not None:
            settings["GITHUB__WEBHOOK_SECRET"] = self.github.hooks[HOOK].secret or ""
        for name, password in list(self._users.items())[:1]:
            settings |= {"MAIL__USERNAME": name, "MAIL__PASSWORD": password}
        return {f"LEADS_{name}": value for name, value in settings.items()}

    def person(self, login: str) -> Person:
        """What this person does on GitHub. Raises LookupError if there is nobody of that login."""
        user = self.github.user(login)
        if user is None:
            raise LookupError(f"Nobody here is called {login}")
        return Person(self.github, user, self.url, self.do)

    def on_drive(self, email: str = "ann@example.org") -> google_people.Person:
        """What this member of the shared drive does on Drive."""
        return google_people.Person(self.google, email, self.do)

    def do(self, work: Callable[[], T]) -> T:
        """Does it between two requests, so that none sees it half done; from any other thread than the sandbox's own."""
        assert self._loop is not None  # noqa: S101 - start() made one
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except BaseException as error:
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result()

    # Inside

    def _load(self) -> None:
        """States from the store, or seeded, and the application on top of them."""
        stored = self._store.load("google", GoogleState) or google_seeded()
        self.google = stored.bind(
            lambda: self._store.save("google", self.google), self._store.blobs("google")
        )
        self.mailbox = Mailbox(self._store)
        github_state = self._store.load("github", GitHubState) or GitHubState.seeded(
            self.org, bare=self._bare
        )
        self.github = github_state.bind(self._github_changed)
        self.courier = Courier(self.github, self.faults, self._spawn)
        self._app = Starlette(
            routes=[
                *control.routes(self),
                *google.routes(self.google, self._key),
                *pages.routes(self),
                *github.routes(self.github, self.courier),
            ]
        )
        self._app.state.navigation = pages.navigation(self)
        url, secret = self._hook
        if url is not None:
            point_hook(self.github, url, secret)

    def _github_changed(self, change: Change) -> None:
        self._store.save("github", self.github)
        for happening in happenings(change, self.github):
            self.courier.tell(happening)
        automation.follow(change, self.github)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "Future[None]":
        assert self._loop is not None  # noqa: S101 - start() made one
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _app_now(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application of the moment: a reset puts a new one in its place."""
        assert self._app is not None  # noqa: S101 - made by _load, before anything listens
        await self._app(scope, receive, send)

    def _serve(self, http: socket.socket, mail: socket.socket, started: "Future[None]") -> None:
        try:
            asyncio.run(self._run(http, mail, started))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    async def _run(self, http: socket.socket, mail: socket.socket, started: "Future[None]") -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        loop = self._loop
        server = uvicorn.Server(
            uvicorn.Config(
                Front(self._app_now, self.faults, self.journal),
                http=CuttableProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        smtp_server = await loop.create_server(
            lambda: smtp(self.mailbox, self.faults, self._users, loop=loop), sock=mail
        )
        serving = asyncio.create_task(server.serve(sockets=[http]))
        started.set_result(None)
        await self._stopping.wait()
        self.courier.stop()
        smtp_server.close()
        server.should_exit = True
        await serving


def _listen(host: str, port: int) -> socket.socket:
    """Bound and listening: whoever connects from now on waits to be served."""
    listener = socket.create_server((host, port), backlog=128)
    listener.setblocking(False)
    listener.setsockopt(
        socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
    )  # or each answer waits 40 ms for its last part
    return listener
