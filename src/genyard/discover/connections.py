"""Connections to model servers: one session of aiohttp for all of them, opened at the first question."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

MOST = 128
_LINE_BYTES = 64 * 1024


class Connections:
    """Open connections, which belong to the event loop of the first question. Close with ``aclose``.

    aiohttp and not the HTTP library of the client: a call takes half of the processor's time, and calls of models
    are most of what the endpoint does.
    """

    def __init__(self, *, trust_environment: bool = True) -> None:
        """With ``trust_environment`` a server is asked through the proxy that ``HTTPS_PROXY`` and its like name."""
        self._trust_environment = trust_environment
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MOST, limit_per_host=0),
                # A server of models has no state to keep with us.
                cookie_jar=aiohttp.DummyCookieJar(),
                # Each call says its own deadline.
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                # With it aiohttp would send passwords of ~/.netrc too. Proxies are read in ``proxy_for``.
                trust_env=False,
                max_line_size=_LINE_BYTES,
                max_field_size=_LINE_BYTES,
            )
        return self._session

    def proxy_for(self, base_url: str) -> str | None:
        """Return the proxy through which a server is to be asked, by the environment."""
        parts = urlsplit(base_url)
        if not self._trust_environment or proxy_bypass(parts.netloc):
            return None
        proxies = getproxies()
        found = proxies.get(parts.scheme) or proxies.get("all")
        return found if found is None or "://" in found else f"http://{found}"

    async def aclose(self) -> None:
        """Close all of them. A later question opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
