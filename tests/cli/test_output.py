"""What a terminal or a pipe is sent."""

import io
import os
import subprocess

from tests.processes import GENYARD, begin, ended
from tests.projects import ROWS, Project

from genyard.cli.output import JsonOutput


def test_a_terminal_without_unicode_gets_the_letters_spelled(project: Project) -> None:
    narrow = Project(root=project.root, environment={"PYTHONIOENCODING": "ascii"})
    project.replace("genyard.yaml", "embedded/reader", "scripted/echo")
    code, out, err = ended(begin(narrow, "run", "é 🪪?"))
    assert (code, err) == (0, "")
    assert out.startswith("\\xe9 \\U0001faaa?\n")


def test_json_for_a_stream_without_unicode_is_ascii() -> None:
    narrow, wide = (io.TextIOWrapper(io.BytesIO(), encoding=name, newline="") for name in ("ascii", "utf-8"))
    for stream in (narrow, wide):
        JsonOutput(stream, stream).show({"text": "é"}, lambda _: [])
    shown = [stream.buffer.getvalue() for stream in (narrow, wide)]
    assert shown == [b'{\n  "text": "\\u00e9"\n}\n', '{\n  "text": "é"\n}\n'.encode()]


def test_a_pipe_that_closes_early_ends_a_command_in_silence(project: Project) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [*GENYARD, "settings"],
        cwd=project.root,
        env=project.outside(),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (1, "")


def test_json_on_standard_output_is_one_value_and_nothing_else(project: Project) -> None:
    for arguments in (["run", ROWS[0][1]], ["eval"], ["release"], ["traces"], ["jobs"], ["audit"], ["settings"]):
        ran = project(*arguments, "--json")
        assert (ran.code, ran.err) == (0, "")
        assert isinstance(ran.reply, dict)


def test_standard_input_that_is_no_text_is_refused(project: Project) -> None:
    ran = subprocess.run(
        [*GENYARD, "run", "-"], cwd=project.root, env=project.outside(), input=b"caf\xe9", capture_output=True
    )
    assert (ran.returncode, ran.stderr) == (2, b"genyard: what was given is not UTF-8 text\n")
