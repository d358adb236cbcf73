"""A transport whose responses have `template` and `context`, as those of `TestClient`.

Source: Starlette "Test Client" and `testclient.py`: the client announces the extension `http.response.debug`, and a
template response answers with a message of that type before it starts.
"""

from __future__ import annotations

from asyncify.analysis.bindings import bring
from asyncify.model.ops import AppendToModule
from asyncify.transforms.tests.construct import TELLING
from asyncify.transforms.tests.found import Work

_CLASS = """\
class {name}({base}):
    \"\"\"Responses tell the template that was rendered and its context, as those of TestClient do.\"\"\"

    async def handle_async_request(self, request):
        rendered = {{}}

        async def app(scope, receive, send):
            async def note(message):
                if message["type"] == "http.response.debug":
                    rendered.update(message["info"])
                else:
                    await send(message)

            await self.app({{**scope, "extensions": {{"http.response.debug": {{}}}}}}, receive, note)

        transport = {base}(app, self.raise_app_exceptions, self.root_path, self.client)
        response = await transport.handle_async_request(request)
        for name, value in rendered.items():
            setattr(response, name, value)
        return response"""


def plan_transports(work: Work) -> None:
    """Put the class into each file that makes such a client."""
    for path in sorted({work.clients.made[client] for client in work.facts.telling}):
        if TELLING in work.program.modules[path].bound:
            continue
        base, imports = bring(work.program, path, work.facts.package, "ASGITransport")
        first = work.source(path).tree.body[0]
        why = "only TestClient tells the template that was rendered"
        work.edit(path, first, AppendToModule(_CLASS.format(name=TELLING, base=base), "imports"), why, imports)
