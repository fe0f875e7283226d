"""`POST /_sandbox/push`: the console's buttons make a commit and push it, as a developer would."""

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.repository import KINDS, GitError, Repository


def routes(scratch: Path) -> list[Route]:
    """The route over the clone below `scratch`."""
    repository = Repository(scratch=scratch)

    async def push(request: Request) -> JSONResponse:
        try:
            wish = await request.json()
        except ValueError:
            return JSONResponse({"error": "the body is not JSON"}, status_code=400)
        kind = wish.get("kind") if isinstance(wish, dict) else None
        if kind not in KINDS:
            return JSONResponse({"error": f"kind is one of {', '.join(KINDS)}"}, status_code=400)
        if not repository.clone.exists():
            return JSONResponse({"error": "there is no clone to push from yet"}, status_code=409)
        try:
            commit = await run_in_threadpool(repository.push, kind, wish.get("message"))
        except GitError as error:
            return JSONResponse({"error": str(error)}, status_code=502)
        return JSONResponse({"commit": commit, "kind": kind})

    return [Route("/_sandbox/push", push, methods=["POST"])]
