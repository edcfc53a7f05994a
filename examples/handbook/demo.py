"""Take the handbook's assistant through its whole life, with the commands that you would type.

It works on a copy in .demo/, so nothing of yours changes. DEMO_EXIT=1 ends at the end instead of leaving the server up.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import openai

HERE = Path(__file__).resolve().parent
PLACE = Path(os.environ.get("GENYARD_DEMO", HERE.parents[1] / ".demo"))
GENYARD = Path(sys.executable).with_name("genyard")
QUESTION = "What colour are the calibration stickers for 2026?"
ASKED = 24
GATE_NOT_PASSED = 4


def main() -> int:
    """Run the demo and return its exit code."""
    prepare()
    started_s = time.monotonic()
    with Server() as server:
        discover()
        develop()
        evaluate()
        traces = deploy(server)
        stop_a_worse_prompt()
        govern(traces[0])
        say(f"\nThe whole life took {time.monotonic() - started_s:.0f} s.")
        if os.environ.get("DEMO_EXIT") == "1":
            return 0
        say(f"Open the pages:  {server.sign_in}\nThe server stays up; Ctrl-C ends it. {your_turn()}")
        server.wait()
    return 0


def your_turn() -> str:
    """Return what to do next, in words that work as they are: nothing of Genyard is on the PATH yet."""
    genyard_here = os.path.relpath(GENYARD, PLACE)
    folder = os.path.relpath(PLACE)
    return f"Your turn, in a second terminal:\n  cd {folder}, edit prompts/answer.md, then:  {genyard_here} release"


def prepare() -> None:
    """Copy the example afresh; what an earlier run recorded stays in .demo/.genyard, a prompt of yours beside it."""
    PLACE.mkdir(parents=True, exist_ok=True)
    prompt = Path("prompts", "answer.md")
    yours = PLACE / prompt
    if yours.exists() and yours.read_bytes() != (HERE / prompt).read_bytes():
        yours.replace(yours.with_name("answer.yours.md"))
        say(f"The prompt that you edited is kept as {os.path.relpath(yours.with_name('answer.yours.md'))}.")
    for name in ("genyard.yaml", "prompts", "handbook", "data"):
        source, target = HERE / name, PLACE / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)


def discover() -> None:
    card = genyard("models", "show", "embedded/reader")
    phase("Discover", "a model that needs no key, no GPU and no download")
    ready = "ready" if card["available"] else "not ready"
    say(f"  {card['name']}: ${card['input_usd_per_m']:g} per million tokens, {ready}")


def develop() -> None:
    index = genyard("index")["indexes"][0]
    phase("Develop", "pages, a prompt, a model")
    say(f"  indexed {index['documents']} pages as {index['chunks']} passages ({index['digest'][7:15]})")
    found = genyard("run", QUESTION)
    say(f"  {QUESTION}\n  → {found['text']}")
    used = next((one for one in found["sources"] if one["used"]), found["sources"][0])
    say(f"  from {used['label']} · {found['latency_s'] * 1000:.0f} ms · trace {found['trace_id'][:8]}")


def evaluate() -> None:
    report = genyard("eval")
    one = report["evaluations"][0]
    phase("Evaluate", f"{one['rows']} questions with answers, from essential to adversarial")
    for metric in one["metrics"]:
        if metric["metric"] in ("contains", "answer_f1", "recall_at_4"):
            power = f"sees a loss of {metric['detectable']:.3f} 4 times in 5"
            bounds = f"[{metric['lower']:.3f}, {metric['upper']:.3f}]"
            say(f"  {metric['metric']:12} {metric['mean']:.3f} {bounds}  n {metric['n']}, {power}")


def deploy(server: "Server") -> list[str]:
    release = genyard("release")
    phase("Deploy", "a release is the system and its evidence under one digest")
    named = f"{release['name']}:{release['version']} {release['digest'][7:15]}"
    say(f"  release {named} · gate {release['gate']['verdict']}")
    if not serves(release["digest"]):
        genyard("deploy", "handbook", "--to", "prod", "--why", "the demo's first release")
    say("  deployed to prod")
    key = genyard("keys", "create", "demo", "--scope", "serve:handbook", "--days", "1")["secret"]
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=key)
    traces = [ask(client, question) for question in questions()]
    say(f"  {len(traces)} questions asked at {server.url}/v1 by the openai client; every answer names its release")
    return traces


def ask(client: openai.OpenAI, question: str) -> str:
    messages: Any = [{"role": "user", "content": question}]
    raw = client.chat.completions.with_raw_response.create(model="handbook", messages=messages)
    return raw.headers["genyard-trace-id"]


def stop_a_worse_prompt() -> None:
    prompt = PLACE / "prompts" / "answer.md"
    before = prompt.read_text(encoding="utf-8")
    prompt.write_text(without_passages(before), encoding="utf-8")
    try:
        release = genyard("release", fails=GATE_NOT_PASSED)
        phase("Edit the prompt so that it drops the passages", "the gate stops it")
        for one in release["gate"]["conditions"]:
            say(f"  {one['verdict'].upper():9} {one['metric']} {one['rule']}: {one['reason']}")
        refused = genyard("deploy", "handbook", "--to", "prod", fails=GATE_NOT_PASSED)
        say(f"  deploy says: {refused['error']['message'][:150]}…")
    finally:
        prompt.write_text(before, encoding="utf-8")


def without_passages(prompt: str) -> str:
    """Return the prompt as somebody in a hurry would have shortened it."""
    head, _, rest = prompt.partition("{% for passage")
    _, _, tail = rest.partition("{% endfor %}")
    return (head + tail.lstrip()).replace("  passages: {type: array}\n", "")


def govern(trace: str) -> None:
    found = genyard("why", trace)
    release = found["release"]
    phase("Govern", f"genyard why {trace[:8]}")
    say(f"  “{found['trace']['preview']}” was answered by {found['endpoint']}")
    named = f"{release['name']}:{release['version']} {release['digest'][7:15]}"
    say(f"  release {named}, gate {release['gate']['verdict']}")
    for one in release["metrics"][:2]:
        say(f"  evidence {one['metric']} {one['mean']:.3f} [{one['lower']:.3f}, {one['upper']:.3f}] n {one['n']}")
    for one in found["documents"][:2]:
        say(f"  document {one['label']} ({'cited' if one['used'] else 'read'})")


def questions() -> list[str]:
    rows = (PLACE / "data" / "golden.jsonl").read_text(encoding="utf-8").splitlines()[: ASKED - 1]
    return [QUESTION, *(json.loads(row)["inputs"]["question"] for row in rows)]


def serves(digest: str) -> bool:
    releases = genyard("releases", "handbook")["releases"]
    return any(one["digest"] == digest and "prod" in one["serves"] for one in releases)


def genyard(*arguments: str, fails: int = 0) -> dict[str, Any]:
    """Run a command with --json and return what it says; ``fails`` is the exit code that is expected."""
    done = subprocess.run([GENYARD, *arguments, "--json"], cwd=PLACE, capture_output=True, text=True, check=False)
    if done.returncode != fails:
        sys.exit(f"genyard {' '.join(arguments)} left with {done.returncode}: {done.stderr.strip()}")
    said: dict[str, Any] = json.loads(done.stdout or done.stderr)
    return said


class Server:
    """``genyard up``, for as long as the block lasts."""

    def __enter__(self) -> "Server":
        started = [GENYARD, "up", "--port", os.environ.get("GENYARD_PORT", "8321"), "--json"]
        log = PLACE / "server.log"
        with log.open("w", encoding="utf-8") as errors:
            # A session of its own: Ctrl-C reaches it once, from __exit__, and it can close in peace.
            self._process = subprocess.Popen(
                started, cwd=PLACE, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
            )
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            exit_code = self._process.wait()
            sys.stderr.write(no_server(log.read_text(encoding="utf-8")) + "\n")
            sys.exit(exit_code or 1)
        said = json.loads(line)
        self.url: str = said["url"]
        self.sign_in: str = said["sign_in"]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=30)

    def wait(self) -> None:
        self._process.wait()


def no_server(errors: str) -> str:
    """Return one line that says why the server did not start, and how to mend it."""
    try:
        error = json.loads(errors.strip().rpartition("\n")[2])["error"]
    except (ValueError, KeyError):
        return errors.strip()
    hint = error["hint"].replace("genyard up --port 0", "GENYARD_PORT=0 scripts/demo")
    return f"The demo's server did not start: {error['message']}  ({hint})"


def ended(signal_number: int, _: object) -> None:
    sys.exit(128 + signal_number)


def phase(name: str, sentence: str) -> None:
    say(f"\n{name}: {sentence}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, ended)
    signal.signal(signal.SIGHUP, ended)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
