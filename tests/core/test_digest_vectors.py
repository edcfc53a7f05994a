"""One artifact of each kind with its digest: a change of the rules is seen here, and needs a new schema version."""

import pytest

from genyard.core.digest import Digest, digest_of_bytes, digest_of_json
from genyard.core.records import GENESIS, Artifact, Reference, event_hash
from genyard.core.refs import ARTIFACT_KINDS, ArtifactKind
from genyard.develop.bm25 import Recipe, build_index
from genyard.develop.chunks import Chunk, Chunker, chunk_document
from genyard.develop.code_scorers import make_scorer
from genyard.develop.corpus import read_corpus
from genyard.develop.datasets import parse_dataset
from genyard.develop.prompts import parse_prompt
from genyard.develop.systems import PromptStep, RetrieveStep, System, model_artifact
from genyard.discover.chat import ModelRef

EMPTY = digest_of_bytes(b"")
CORPUS = read_corpus(
    {"it/badges.md": "# Badges\r\n\r\n## Reset\n\nSee the desk — 徽章.\n".encode(), "pay.md": b"Monthly."}
)
PROMPT = parse_prompt(
    "---\nname: answer\nvariables: {question: string}\n---\n--- user ---\n{# why #}\nQ: {{ question }}\n", path="p.md"
)
DATASET = parse_dataset(
    b'{"inputs": {"question": "?"}, "expected": {"answer": 1.50}}\n'
    b'{"id": "b", "inputs": {"q": "e\xcc\x81"}, "tags": ["t"]}',
    name="golden",
)


def chunk() -> Chunk:
    return chunk_document(CORPUS.documents[0], Chunker())[0]


def system() -> System:
    retrieve = RetrieveStep(name="retrieve", output="passages", index=EMPTY, query="question", top_k=4)
    model = ModelRef(provider="embedded", model="reader")
    answer = PromptStep(name="answer", output="answer", prompt=EMPTY, model=model, params={"temperature": 0})
    return System(steps=(retrieve, answer))


def test_digests_of_bytes_and_values() -> None:
    assert EMPTY == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest_of_json({}) == digest_of_bytes(b"{}")
    assert digest_of_json({"b": 1.0, "a": [None, "é"]}) == digest_of_bytes('{"a":[null,"é"],"b":1}'.encode())


DIGESTS = {
    "prompt": "b75ef0a419ba30db239acec71ea6ce3b3c5fe1af5b80f04060c86c4ef07bb6a6",
    "dataset": "99d60ebe2b7541d9f584c491a253410ddafb645dde3df6f190474a19abf0496f",
    "dataset root": "369037bc2aefe98e3669d5781ac48d6a545ebe2c124a6402541831b8add49aed",
    "row content": "ff60f19bde6c3cf8152dd0d29235e0264134260eda730d4a889c7256c164543a",
    "corpus": "05d6112c09d758760208e5b98938a7936b2b5847f3731277522c3a152c3788b3",
    "document": "b7ca48301bbfaceb62492b15cccd4fa1a7b357c253308640880069dcedd6c85c",
    "chunk": "5880d88cfca9e1664d063d070cd7c34d99fdf052084479e75859fce771f36a7f",
    "index recipe": "2fe4e28306ec236f29904b376c687b97db92dce45f6ae42e11120f0c22e88e3e",
    "index": "ad015159c0b4d4695247bea2e028af534e607b6d19cc50d6b032d92abaee5eb3",
    "metric": "830fd86ae394e440a8446903302ba79761dab7a67aa2ec1b19644f316d2e9164",
    "model": "b0141fe2f332b6f4747980e073831b65996b8491cf83c1da9d37d909259425ad",
    "system": "0dcc3d9b4083458db227ec153fb027120664ad3725c55d47759c013b1cf4c0f3",
}


def made() -> dict[str, Digest]:
    return {
        "prompt": PROMPT.artifact().digest,
        "dataset": DATASET.artifact().digest,
        "dataset root": DATASET.root(),
        "row content": DATASET.rows[0].content_digest(),
        "corpus": CORPUS.digest,
        "document": CORPUS.documents[0].digest,
        "chunk": chunk().digest,
        "index recipe": Recipe().digest(CORPUS.digest),
        "index": build_index(CORPUS, Recipe()).artifact.digest,
        "metric": make_scorer("answer_f1").artifact().digest,
        "model": model_artifact(ModelRef(provider="embedded", model="reader")).digest,
        "system": system().artifact().digest,
    }


@pytest.mark.parametrize("thing", DIGESTS)
def test_digests_of_what_a_system_is_made_of(thing: str) -> None:
    assert made()[thing] == f"sha256:{DIGESTS[thing]}"


def test_the_id_made_for_a_row_that_brings_none() -> None:
    assert DATASET.rows[0].id == "12633bf57c836385860504b34d798387"


@pytest.mark.parametrize("kind", ARTIFACT_KINDS)
def test_the_form_of_an_artifact_of_each_kind(kind: ArtifactKind) -> None:
    parts = (Reference(role="b", kind="blob", digest=EMPTY), Reference(role="a", kind="prompt", digest=EMPTY))
    text = (
        f'{{"body":{{"a":1}},"kind":"{kind}","references":[{{"digest":"{EMPTY}","kind":"prompt","role":"a"}},'
        f'{{"digest":"{EMPTY}","kind":"blob","role":"b"}}],"schema":"genyard.{kind}/1"}}'
    )
    assert Artifact(kind=kind, body={"a": 1}, references=parts).digest == digest_of_bytes(text.encode())


def test_the_hash_of_an_event() -> None:
    found = event_hash(
        project="p", sequence=1, at_ns=1, actor="a", verb="made", object_="prompt/x", detail={}, previous=GENESIS
    )
    text = (
        '{"actor":"a","at_ns":"1","detail":{},"object":"prompt/x",'
        f'"previous":"{GENESIS}","project":"p","sequence":1,"verb":"made"}}'
    )
    assert found == digest_of_bytes(text.encode())
