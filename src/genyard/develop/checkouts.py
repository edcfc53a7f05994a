"""A checkout: the user's files at one moment, by digest. It is kept as a blob, for as long as jobs may need it."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from genyard.core.canonical import canonical_json
from genyard.core.digest import Digest, parse_digest
from genyard.core.errors import InvalidInput, NotFound
from genyard.core.records import Code
from genyard.develop.library import Library
from genyard.develop.manifest import Manifest, parse_manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """``genyard.yaml``, the files that it names, and the commit they were at."""

    digest: Digest
    manifest: Manifest
    files: Mapping[str, Digest]
    """By path below the folder of genyard.yaml."""
    code: Code | None

    def file(self, path: str) -> Digest:
        """Return the digest of a file. Raises NotFound for one that was not sent along."""
        if path not in self.files:
            raise NotFound(f"genyard.yaml names {path}, which is not there", hint="write the file, or mend the path")
        return self.files[path]


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The blob."""

    code: dict[str, str]
    files: dict[str, str]
    manifest: str


def keep_checkout(library: Library, project: str, manifest: str, files: Mapping[str, str], code: Code | None) -> Digest:
    """Keep a checkout and return its digest.

    Raises InvalidInput for a manifest that does not fit, NotFound for a file whose bytes were not sent.
    """
    parse_manifest(manifest)
    blobs = library.blobs(project)
    missing = set(blobs.missing([parse_digest(one) for one in files.values()]))
    for path, digest in files.items():
        if digest in missing:
            raise NotFound(f"the bytes of {path} are not here", hint="send them before the checkout")
    return blobs.put(
        canonical_json({"code": code.as_json() if code else {}, "files": dict(files), "manifest": manifest})
    )


def open_checkout(library: Library, project: str, digest: Digest) -> Checkout:
    """Read a checkout back. Raises NotFound, and InvalidInput for a blob that is something else."""
    try:
        kept = msgspec.json.decode(library.blobs(project).get(digest), type=_Kept)
        code = _code(kept.code)
    except (msgspec.DecodeError, KeyError) as error:
        raise InvalidInput(f"{digest} is not a checkout", hint="send the files and ask with what comes back") from error
    return Checkout(
        digest=digest,
        manifest=parse_manifest(kept.manifest),
        files={path: parse_digest(found) for path, found in kept.files.items()},
        code=code,
    )


def _code(kept: Mapping[str, str]) -> Code | None:
    """Raises KeyError where there is no commit: anybody who may send files may send a blob that only looks right."""
    diff = kept.get("diff")
    return Code(commit=kept["commit"], diff=parse_digest(diff) if diff else None) if kept else None
