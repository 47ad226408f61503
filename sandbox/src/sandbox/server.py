"""The sandbox itself: one HTTP port for GitHub, Google and the pages, one SMTP port, one thread, one event loop."""

import asyncio
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
from sandbox.github import app as github
from sandbox.github import automation
from sandbox.github.hooks.events import webhook_events
from sandbox.github.hooks.sender import WebhookSender
from sandbox.github.people import Person
from sandbox.github.secondary_limits import OpenRequests, SecondaryLimits
from sandbox.github.seed import BOT_TOKEN, HOOK, point_hook
from sandbox.github.seed import initial_state as github_initial_state
from sandbox.github.state import Change, GitHubState
from sandbox.google import app as google
from sandbox.google import people as google_people
from sandbox.google.account import write_key_file
from sandbox.google.seed import initial_state as google_initial_state
from sandbox.google.state import GoogleState
from sandbox.journal import Journal
from sandbox.mail import Mailbox, smtp
from sandbox.middleware import CuttableProtocol, FaultMiddleware
from sandbox.pages import routes as pages
from sandbox.seed import Seed, read_seed
from sandbox.store import Store

T = TypeVar("T")


class Sandbox:
    """GitHub, Google and SMTP on localhost.

    Use it as a context manager, or call `start()` and `stop()`.

    Args:
        data: Folder that keeps all data over restarts. Without it the data is kept in memory.
        seed: Initial data of a new sandbox, and the variables of `environment()`. Default: the example seed.
        port, smtp_port: 0 picks a free port.
        smtp_users: Name -> password. If there are any, mail is accepted from them only.
        webhook_url: URL that receives the organization's webhook.
        webhook_secret: Its secret; default: a random one.
        secondary_limits: Refuse requests beyond GitHub's secondary rate limits.
        bare: Start with repositories and a board as GitHub creates them (see `github.seed.initial_state`).
    """

    def __init__(
        self,
        data: Path | None = None,
        *,
        seed: Seed | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        smtp_port: int = 0,
        smtp_users: Mapping[str, str] | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        secondary_limits: bool = False,
        bare: bool = False,
    ) -> None:
        self._limits_enforced = secondary_limits
        self.seed = seed or read_seed()
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

    # Start, stop, reset

    def start(self) -> Self:
        """Start listening, then return. Raises OSError if a port is taken."""
        with ExitStack() as undo:
            http = undo.enter_context(_listen(*self._address))
            mail = undo.enter_context(_listen(*self._smtp_address))
            self.host = self.smtp_host = self._address[0]
            self.port, self.smtp_port = http.getsockname()[1], mail.getsockname()[1]
            if self._data is None:
                self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-")
                undo.callback(self._temporary.cleanup)
            self._key = write_key_file(
                self.credentials_file, self.seed.drive.service_account, f"{self.url}/token"
            )
            self._load()
            undo.pop_all()
        started: Future[None] = Future()
        self._thread = Thread(target=self._serve, args=(http, mail, started), name="sandbox")
        self._thread.start()
        started.result()
        return self

    def stop(self) -> None:
        """Stop listening, cancel webhook deliveries and delete temporary data. Calling it again does nothing."""
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
        self, kind: type[BaseException] | None, error: BaseException | None, tombstone: TracebackType | None
    ) -> None:
        self.stop()

    def reset(self, *, bare: bool = False) -> None:
        """Return to the seed: no faults, an empty journal and mailbox, and no valid access token of Google.

        With `bare`, return to repositories and a board as GitHub creates them.
        """
        self._bare = bare
        self.webhooks.stop()
        self.faults.clear()
        self.journal.clear()
        self._store.clear("github", "google", "mail")
        self._load()

    # Addresses and settings

    @property
    def url(self) -> str:
        """Base URL without a slash at the end, such as `http://127.0.0.1:8080`."""
        return f"http://{self.host}:{self.port}"

    @property
    def credentials_file(self) -> Path:
        """The service account's key file."""
        folder = Path(self._temporary.name) if self._temporary else self._data
        assert folder is not None  # noqa: S101 - start() made one
        return folder / "service-account.json"

    @property
    def ids(self) -> dict[str, str]:
        """Key of a folder, form or spreadsheet in the seed -> its id on Drive."""
        return self.seed.drive.ids

    def environment(self) -> dict[str, str]:
        """Return the environment variables that point a service at this sandbox, as the seed defines them."""
        username, password = next(iter(self._users.items()), (None, None))
        return self.seed.variables(
            {
                "url": self.url,
                "org": self.github.organization.login,
                "token": BOT_TOKEN,
                "webhook_secret": None if self._hook[0] is None else self.github.hooks[HOOK].secret,
                "credentials_file": str(self.credentials_file),
                "smtp_host": self.smtp_host,
                "smtp_port": str(self.smtp_port),
                "smtp_username": username,
                "smtp_password": password,
            }
        )

    # People

    def person(self, login: str) -> Person:
        """Return the GitHub user with this login, to act as that person. Raises LookupError if there is none."""
        user = self.github.user(login)
        if user is None:
            raise LookupError(f"There is no user {login}")
        return Person(self.github, user, self.url, self.run)

    def on_drive(self, email: str | None = None) -> google_people.Person:
        """Return a member of the shared drive, to act as that person. Default: the drive's manager."""
        return google_people.Person(self.google, email or self.seed.drive.manager, self.run)

    def run(self, work: Callable[[], T]) -> T:
        """Run `work` on the event loop, between two requests, and return its result. Call it from another thread."""
        assert self._loop is not None  # noqa: S101 - start() made one
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except BaseException as error:
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result()

    # Internals

    def _load(self) -> None:
        """Load the stored data, or the seed if there is none, and build the application on it."""
        stored = self._store.load("google", GoogleState) or google_initial_state(self.seed.drive)
        self.google = stored.bind(
            lambda: self._store.save("google", self.google), self._store.blobs("google")
        )
        self.mailbox = Mailbox(self._store)
        github_state = self._store.load("github", GitHubState) or github_initial_state(
            self.seed, bare=self._bare
        )
        self.github = github_state.bind(self._github_changed)
        self.webhooks = WebhookSender(self.github, self.faults, self._spawn)
        self.secondary_limits = SecondaryLimits(enforced=self._limits_enforced)
        self._app = Starlette(
            routes=[
                *control.routes(self),
                *google.routes(self.google, self._key),
                *pages.routes(self),
                *github.routes(self.github, self.webhooks, self.secondary_limits),
            ]
        )
        self._app.state.navigation = pages.navigation(self)
        url, secret = self._hook
        if url is not None:
            point_hook(self.github, url, secret)

    def _github_changed(self, change: Change) -> None:
        self._store.save("github", self.github)
        for event in webhook_events(change, self.github):
            self.webhooks.send(event)
        automation.run(change, self.github)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "Future[None]":
        assert self._loop is not None  # noqa: S101 - start() made one
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _app_now(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the current application: a reset replaces it."""
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
                OpenRequests(FaultMiddleware(self._app_now, self.faults, self.journal)),
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
        self.webhooks.stop()
        smtp_server.close()
        server.should_exit = True
        await serving


def _listen(host: str, port: int) -> socket.socket:
    """Return a bound, listening socket. Connections wait in its backlog until the server runs."""
    listener = socket.create_server((host, port), backlog=128)
    listener.setblocking(False)
    # Without it each response waits 40 ms for its last packet
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
