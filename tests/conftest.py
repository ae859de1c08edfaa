"""Options of the suite (``--refresh`` rewrites the expected listings), and a cache of its own."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No run of the suite leans on what another has left on disk."""
    before = os.environ.get("SRCGRAD_CACHE_DIR")
    os.environ["SRCGRAD_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache") / "srcgrad")
    yield
    os.environ.pop("SRCGRAD_CACHE_DIR")
    if before is not None:
        os.environ["SRCGRAD_CACHE_DIR"] = before


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--refresh",
        action="store_true",
        help="rewrite tests/expected/*.py with today's listings (review them as a diff)",
    )


@pytest.fixture
def refresh(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--refresh"))
