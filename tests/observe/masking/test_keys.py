"""The key that digests of masked values are made with."""

from pathlib import Path

import pytest

from genyard.core.errors import Corrupted, InvalidInput
from genyard.core.ids import CountingIds
from genyard.observe.masking.keys import open_masking_key


def test_each_project_has_a_key_that_stays_and_only_its_owner_reads(tmp_path: Path, ids: CountingIds) -> None:
    folder = tmp_path / "masking"
    first, other = (open_masking_key(folder, project, ids=ids) for project in ("acme", "other"))
    assert len(first) == 32
    assert first == open_masking_key(folder, "acme", ids=ids) != other
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("content", [b"", b"00", b"no hex", b"\xff"])
def test_a_file_that_is_no_key_is_told(tmp_path: Path, ids: CountingIds, content: bytes) -> None:
    (tmp_path / "acme.key").write_bytes(content)
    with pytest.raises(Corrupted, match="is no key of masking"):
        open_masking_key(tmp_path, "acme", ids=ids)


def test_a_project_cannot_lead_elsewhere(tmp_path: Path, ids: CountingIds) -> None:
    with pytest.raises(InvalidInput):
        open_masking_key(tmp_path, "../acme", ids=ids)
