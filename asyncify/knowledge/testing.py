"""Test clients, pytest and unittest: what each part becomes in an async suite.

Sources: Starlette 1.10 `testclient.py` and its documentation "Test Client"; HTTPX 0.28 and httpx2 2.16 signatures of
`AsyncClient` and `ASGITransport`; pytest 9 "classic xunit-style setup"; the standard library's `unittest` and
`unittest.mock`; pytest-asyncio 1.5 "Configuration".
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

#: parameters of `TestClient`, in order
CLIENT_PARAMETERS = (
    "app",
    "base_url",
    "raise_server_exceptions",
    "root_path",
    "backend",
    "backend_options",
    "cookies",
    "headers",
    "follow_redirects",
    "client",
)

#: parameter of `TestClient` -> keyword of `ASGITransport`
TRANSPORT_KEYWORDS = MappingProxyType(
    {"app": "app", "raise_server_exceptions": "raise_app_exceptions", "root_path": "root_path", "client": "client"}
)

#: parameters of `TestClient` that `AsyncClient` takes under the same name
CLIENT_KEYWORDS = ("base_url", "cookies", "headers", "follow_redirects")

#: defaults of `TestClient` that are not those of `AsyncClient`, as source
CLIENT_DEFAULTS = MappingProxyType({"base_url": '"http://testserver"', "follow_redirects": "True"})

#: what `request.client` is under `TestClient`, and the user agent that it sends
CLIENT_ADDRESS = '("testclient", 50000)'
CLIENT_AGENT = "testclient"

#: what only `TestClient` has -> what a person can do about it
ONLY_TEST_CLIENT = MappingProxyType(
    {
        "websocket_connect": "AsyncClient has no WebSockets; it stays a TestClient, which works with the async app",
        "stream": "read it with `async with client.stream(...)` and `aiter_...()` by hand",
        "portal": "an async test runs on the loop itself and needs no portal",
        "app_state": "AsyncClient does not keep the state of the lifespan; read it from the app",
        "exit_stack": "enter the lifespan with `async with app.router.lifespan_context(app)`",
        "task": "enter the lifespan with `async with app.router.lifespan_context(app)`",
        "wait_startup": "enter the lifespan with `async with app.router.lifespan_context(app)`",
        "wait_shutdown": "enter the lifespan with `async with app.router.lifespan_context(app)`",
        "__enter__": "write `async with` instead",
        "__exit__": "write `async with` instead",
    }
)

#: attributes of responses that `TestClient` alone fills (Starlette "Test Client", templates)
ONLY_TEST_RESPONSE = frozenset({"template", "context"})

#: request methods of an HTTPX client that take no body, and the keywords of one. requests allowed them.
BODYLESS = frozenset({"get", "head", "options", "delete"})
BODY_KEYWORDS = frozenset({"json", "data", "content", "files"})

#: the first HTTPX that has `follow_redirects`, and does not follow unless it is told to. Those before say
#: `allow_redirects`, as requests does. Source: its changelog, 0.20.0; read in 0.13.3 to 0.20.0.
REDIRECTS_SINCE = (0, 20)

#: keyword of requests -> keyword of HTTPX. Source: HTTPX "Requests Compatibility Guide".
REQUEST_KEYWORDS = MappingProxyType({"allow_redirects": "follow_redirects"})

#: attribute of a response of requests -> of HTTPX. Source: the same.
RESPONSE_ATTRIBUTES = MappingProxyType({"ok": "is_success"})

#: callables that look at a client without using it
HARMLESS_CALLEES = frozenset(
    f"builtins.{n}"
    for n in "isinstance issubclass print repr str id type getattr hasattr setattr list tuple dict".split()
) | {"typing.cast"}


@dataclass(frozen=True)
class Setup:
    """A function that pytest calls by its name, and the fixture that does the same and may be async.

    scope: of the fixture. after: it runs after the test. argument: what pytest passes it (its place in `request`).
    """

    name: str
    scope: str
    after: bool
    argument: str


SETUPS: tuple[Setup, ...] = (
    Setup("setup_module", "module", False, "module"),
    Setup("teardown_module", "module", True, "module"),
    Setup("setup_class", "class", False, "cls"),
    Setup("teardown_class", "class", True, "cls"),
    Setup("setup_method", "function", False, "function"),
    Setup("teardown_method", "function", True, "function"),
    Setup("setup_function", "function", False, "function"),
    Setup("teardown_function", "function", True, "function"),
)
SETUP_BY_NAME = MappingProxyType({s.name: s for s in SETUPS})

#: unittest: methods with another name in `IsolatedAsyncioTestCase`
UNITTEST_METHODS = MappingProxyType({"setUp": "asyncSetUp", "tearDown": "asyncTearDown"})
#: unittest: what `super()` is asked for in test cases, and `TestCase` itself has
FRAME_METHODS = frozenset({*UNITTEST_METHODS, "setUpClass", "tearDownClass"})
#: unittest: registers what is called after the test, and the same for what is awaited
CLEANUP, ASYNC_CLEANUP = "addCleanup", "addAsyncCleanup"
TEST_CASE = "unittest.TestCase"
ASYNC_TEST_CASE = "unittest.IsolatedAsyncioTestCase"

#: mocks: a call of one gives a mock, a call of `AsyncMock` a coroutine
MOCKS = frozenset({"unittest.mock.Mock", "unittest.mock.MagicMock", "unittest.mock.NonCallableMagicMock"})
ASYNC_MOCK = "unittest.mock.AsyncMock"

#: the attribute of an app that holds them. Source: FastAPI, "Testing Dependencies with Overrides"
OVERRIDES = "dependency_overrides"

#: A coroutine that nobody awaits must fail the test; without these it passes. Both are needed: the first turns the
#: warning into an exception, which Python swallows in the destructor; the second makes pytest report that. They
#: name coroutines, so that other warnings of a suite stay what they were; a mock that nobody awaits is left alone.
#: Run with pytest 7.4 to 9.2 on Python 3.10 to 3.13.
FORGOTTEN_AWAIT_FILTERS = (
    "error:coroutine (?!'AsyncMockMixin).* was never awaited:RuntimeWarning",
    "error:Exception ignored.*<coroutine object:pytest.PytestUnraisableExceptionWarning",
)
#: what stands in the first of them for the coroutines that nobody has to await
NO_MATTER = "(?!'AsyncMockMixin)"

#: options of pytest-asyncio: one loop for all fixtures and tests, so that an engine can be shared
ASYNCIO_MODE = ("asyncio_mode", "auto")
#: the same on the command line, which outweighs the option. Source: pytest-asyncio, "Configuration"
MODE_ARGUMENT = ("--asyncio-mode", "auto")
LOOP_SCOPES = (
    ("asyncio_default_fixture_loop_scope", "session"),
    ("asyncio_default_test_loop_scope", "session"),
)

#: fixtures that the plugins for async tests look for
ANYIO_BACKEND = "anyio_backend"
EVENT_LOOP = "event_loop"

#: libraries whose use shows that a suite tests a database at all
DATABASE_LIBRARIES = frozenset({"sqlalchemy", "sqlmodel"})

#: what every mock has by itself. Source: `unittest.mock`, "The Mock Class".
MOCK_API = frozenset(
    "return_value side_effect called call_count call_args call_args_list method_calls mock_calls assert_called "
    "assert_called_once assert_called_with assert_called_once_with assert_any_call assert_has_calls assert_not_called "
    "reset_mock configure_mock attach_mock mock_add_spec await_count await_args assert_awaited assert_awaited_once "
    "assert_awaited_with assert_awaited_once_with name _mock_name __aenter__ __aexit__ __enter__ __exit__".split()
)

#: methods of sessions whose result is used: a mock of one returns a plain mock
SESSION_RESULTS = frozenset({"execute", "scalars", "scalar", "get", "get_one", "exec", "merge", "connection", "stream"})
