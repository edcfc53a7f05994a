"""What a request would have kept, and a lake that keeps it, without a server."""

from tests.observe.otlp.requests import AT_NS

from genyard.observe.export import Accepted, Exported, ExportRequest, export
from genyard.observe.masking.masker import Masker
from genyard.observe.masking.policy import DEFAULT
from genyard.observe.masking.sent import sent
from genyard.observe.together import KeptSignal
from genyard.observe.wire import Refused
from genyard.store.lake import Lake


def exported(signal: KeptSignal, body: bytes) -> Exported:
    """Return what is made of a protobuf request of project acme, masked as a new project masks."""
    return export(
        ExportRequest(
            signal=signal,
            project="acme",
            encoding="protobuf",
            bodies=(body,),
            now_ns=AT_NS,
            masking=sent(Masker(DEFAULT)),
        )
    )


def refused(found: Exported) -> list[Refused]:
    (answer,) = found.answers
    assert isinstance(answer, Accepted)
    return answer.refused


def keep(lake: Lake, signal: KeptSignal, body: bytes) -> None:
    found = exported(signal, body)
    assert refused(found) == []
    assert found.batch is not None
    lake.append_packed(found.batch).wait(30)
