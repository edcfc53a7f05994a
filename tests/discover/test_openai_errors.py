import pytest

from genyard.core.errors import ProviderBroken, ProviderError, ProviderOverloaded, ProviderRejected
from genyard.discover.openai_errors import MESSAGE_LIMIT, refusal, refusal_in_stream, retry_after_s

NOW_NS = 1_750_000_000_000_000_000  # Sun, 15 Jun 2025 15:06:40 GMT


def refused(status: int, content: bytes = b"", *, key: str = "sk-secret", **headers: str) -> ProviderError:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return refusal(status, given, content, host="models.test", key=key, hint="set THE_KEY", now_ns=NOW_NS)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ProviderRejected),
        (401, ProviderRejected),
        (403, ProviderRejected),
        (404, ProviderRejected),
        (413, ProviderRejected),
        (422, ProviderRejected),
        (408, ProviderOverloaded),
        (429, ProviderOverloaded),
        (500, ProviderOverloaded),
        (503, ProviderOverloaded),
        (529, ProviderOverloaded),
        (307, ProviderBroken),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[ProviderError]) -> None:
    assert type(refused(status)) is kind


def test_a_refused_key_names_the_setting() -> None:
    assert refused(401).hint == "set THE_KEY"


def test_the_providers_words_are_told() -> None:
    error = refused(400, b'{"error":{"message":"Unknown parameter: x","type":"invalid_request_error"}}')
    assert error.message == "models.test rejected the request (400): Unknown parameter: x"


@pytest.mark.parametrize("body", [b'[{"error":{"message":"no"}}]', b'{"error":"no"}', b'{"message":"no"}', b"no"])
def test_the_words_are_found_in_each_dialect(body: bytes) -> None:
    assert refused(400, body).message.endswith(": no")


def test_a_page_is_not_told() -> None:
    assert refused(502, b"<html>nginx</html>").message == "models.test is overloaded or failing (502)"


def test_words_are_one_bounded_visible_line_without_the_key() -> None:
    body = b'{"error":{"message":"bad\\nkey sk-secret \\u001b[31m ' + b"x" * 5000 + b'"}}'
    message = refused(400, body).message
    assert "sk-secret" not in message
    assert "\n" not in message
    assert "\x1b" not in message
    assert len(message) < MESSAGE_LIMIT + 60


def test_an_empty_account_does_not_ask_to_come_back() -> None:
    body = b'{"error":{"message":"You exceeded your quota","type":"insufficient_quota","code":"insufficient_quota"}}'
    assert isinstance(refused(429, body), ProviderRejected)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Sun, 15 Jun 2025 15:07:40 GMT", 60.0),
        ("Sun, 15 Jun 2025 15:07:40 -0000", 60.0),
        ("Sun, 15 Jun 2025 15:00:00 GMT", 0.0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": header}, now_ns=NOW_NS) == seconds


def test_an_overload_carries_the_wait_that_was_asked_for() -> None:
    error = refused(429, retry_after="3")
    assert isinstance(error, ProviderOverloaded)
    assert error.retry_after_s == 3.0


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ('{"error":{"message":"x","type":"server_error"}}', ProviderOverloaded),
        ('{"error":{"message":"x","code":429}}', ProviderOverloaded),
        ('{"error":{"message":"x","code":"502"}}', ProviderOverloaded),
        ('{"error":{"message":"x","type":"invalid_request_error"}}', ProviderRejected),
        ('{"error":{"message":"x","code":400}}', ProviderRejected),
        ('{"error":"x"}', ProviderBroken),
    ],
)
def test_an_error_in_a_stream_has_its_kind(data: str, kind: type[ProviderError]) -> None:
    error = refusal_in_stream(data, host="models.test", key="")
    assert type(error) is kind
    assert str(error) == "models.test broke the stream off: x"


@pytest.mark.parametrize("data", ["[DONE]", '{"choices":[{"delta":{"content":"\\"error\\""}}]}', '{"error":null}'])
def test_what_only_speaks_of_errors_is_none(data: str) -> None:
    assert refusal_in_stream(data, host="models.test", key="") is None
