import asyncio

import pytest

from genyard.discover.connections import Connections

URL = "http://gpu.example:8000/v1"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_without_a_proxy_in_the_environment_none_is_used() -> None:
    assert Connections().proxy_for(URL) is None


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY"])
def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name.lower(), "proxy.example:3128")
    assert Connections().proxy_for(URL) == "http://proxy.example:3128"
    assert Connections(trust_environment=False).proxy_for(URL) is None


def test_a_proxy_of_another_scheme_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert Connections().proxy_for(URL) is None
    assert Connections().proxy_for(URL.replace("http:", "https:")) == "http://proxy.example:3128"


def test_hosts_that_the_environment_excepts_are_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "gpu.example")
    assert Connections().proxy_for(URL) is None


def test_they_can_be_opened_again_after_they_were_closed() -> None:
    async def main() -> None:
        connections = Connections()
        await connections.aclose()
        first = connections.session
        assert connections.session is first
        await connections.aclose()
        assert first.closed
        assert not connections.session.closed
        await connections.aclose()

    asyncio.run(main())
