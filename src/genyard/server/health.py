"""Whether the server answers, for whoever watches it."""

from fastapi import APIRouter

router = APIRouter(tags=["health"])


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """Say that the server answers. It shows nothing of any project."""
    return {"status": "ok"}
