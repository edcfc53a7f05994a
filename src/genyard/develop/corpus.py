"""A corpus: documents of Markdown, each identified by its path and its text.

The text of a document is its file without byte order mark and with LF at the ends of lines, so that the same page
checked out on another system is the same document. Nothing else is changed: no Unicode normalisation.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from genyard.core.canonical import Json
from genyard.core.digest import Digest, digest_of_bytes
from genyard.core.errors import InvalidInput, TooLarge
from genyard.core.escape import one_line
from genyard.core.patterns import fixed_folders
from genyard.core.records import Artifact, Reference
from genyard.develop.datasets import BlobSource
from genyard.develop.json_lines import objects

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FRONT_TITLE = re.compile(r"^title:[ \t]*(['\"]?)(.+?)\1[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document. ``path`` is relative to the corpus; ``digest`` is that of ``text`` in UTF-8."""

    path: str
    digest: Digest
    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Documents in order of their paths."""

    documents: tuple[Document, ...]

    @cached_property
    def digest(self) -> Digest:
        return self.artifact().digest

    def artifact(self) -> Artifact:
        """Return the artifact: one reference a document, whose role is the path and whose blob is the text."""
        references = (Reference(role=one.path, kind="blob", digest=one.digest) for one in self.documents)
        return Artifact(kind="corpus", body={"documents": len(self.documents)}, references=tuple(references))

    @staticmethod
    def of(artifact: Artifact, blobs: BlobSource) -> "Corpus":
        """Read a corpus back."""
        return corpus_of(read_document(one.role, blobs.get(one.digest)) for one in artifact.references)


def read_document(path: str, content: bytes) -> Document:
    """Return the document of a file's content. Raises InvalidInput for what is not UTF-8, TooLarge over 16 MB."""
    if len(content) > MAX_DOCUMENT_BYTES:
        raise TooLarge(f"{path} is over {MAX_DOCUMENT_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path}: byte {error.start} is not UTF-8", hint="save the file as UTF-8") from error
    return Document(path=path, digest=digest_of_bytes(text.encode()), title=_title(path, text), text=text)


def titled_document(path: str, *, title: str, text: str) -> Document:
    """Return a passage that comes with a title, as the Markdown document of that title and text."""
    return read_document(path, f"# {one_line(title, limit=500)}\n\n{text}\n".encode())


def read_corpus(files: Mapping[str, bytes], *, pattern: str = "") -> Corpus:
    """Return the corpus of a project's files, by path. Paths lose the fixed folders that ``pattern`` starts with.

    A file ``.jsonl`` holds one document a line, ``{"id": …, "title": …, "text": …}``, whose path is the id.
    Raises InvalidInput, naming the file, for one that does not fit, and when there is none.
    """
    base = fixed_folders(pattern)
    documents: list[Document] = []
    for path, content in files.items():
        if path.endswith(".jsonl"):
            documents.extend(_passages(path, content))
        else:
            documents.append(read_document(path.removeprefix(base), content))
    if not documents:
        raise InvalidInput(f"the corpus {pattern!r} has no documents", hint="look at the pattern and the folder")
    return corpus_of(documents)


def corpus_of(documents: Iterable[Document]) -> Corpus:
    """Return the corpus of ``documents``. Raises InvalidInput when two have one path."""
    ordered = sorted(documents, key=lambda one: one.path)
    for before, after in zip(ordered, ordered[1:], strict=False):
        if before.path == after.path:
            raise InvalidInput(f"two documents of the corpus have the path {after.path!r}")
    return Corpus(documents=tuple(ordered))


def _passages(path: str, content: bytes) -> Iterable[Document]:
    for number, value in objects(content, path=path):
        found = {key: _text(value.get(key), key, f"{path}, row {number}") for key in ("id", "title", "text")}
        yield titled_document(found["id"], title=found["title"], text=found["text"])


def _text(value: Json, key: str, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"{where}: {key}: missing, or not a text")
    return value


def _title(path: str, text: str) -> str:
    front = _FRONT_MATTER.match(text)
    found = _FRONT_TITLE.search(front[1]) if front else None
    if found:
        return one_line(found[2])
    heading = _HEADING.search(text)
    return one_line(heading[1]) if heading else PurePosixPath(path).stem
