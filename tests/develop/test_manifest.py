"""genyard.yaml: short and long forms, defaults, and what a mistake is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.core.errors import InvalidInput, TooLarge
from genyard.develop.bm25 import Recipe
from genyard.develop.chunks import Chunker
from genyard.develop.manifest import files_needed, parse_manifest
from genyard.develop.manifest_model import PromptEntry, RetrieveEntry

WHOLE = """
project: acme
systems:
  helpdesk:
    model: embedded/reader
    params: {temperature: 0}
    prompt: prompts/answer.md
    retrieval: {corpus: "handbook/**/*.md", chunk: {by: heading, max_words: 220}, search: bm25, top_k: 4}
datasets: {golden: data/golden.jsonl, edge: {path: data/golden.jsonl, schema: data/row.json, tags: [edge]}}
metrics: [answer_f1, recall_at_4, latency_s, {name: total, metric: numeric_match, after: "A:"}]
gates:
  - {metric: answer_f1, on: golden, at_least: 0.60, repeats: 3, alpha: 0.05, looks: 1}
  - {metric: answer_f1, on: golden, not_worse_than: prod, margin: 0.05, systems: [helpdesk]}
environments: {staging: {gated: false}, prod: {gated: true}}
"""
STEPS = """
project: acme
systems:
  helpdesk:
    steps:
      - retrieve:
          corpus: nq.jsonl
          chunk: {by: document}
          search: {method: bm25, k1: 0.9, b: 0.4, tokenizer: alnum}
          top_k: 20
      - prompt: {name: draft, output: draft, file: prompts/draft.md, model: embedded/reader}
      - prompt: {file: prompts/final.md, model: "http://gpu:8000/v1#qwen3"}
"""
MINIMAL = "project: a\nsystems: {s: {model: embedded/reader, prompt: p.md}}"


def test_the_short_form_is_written_out_as_steps() -> None:
    helpdesk = parse_manifest(WHOLE).systems["helpdesk"]
    assert helpdesk.expanded_steps() == (
        RetrieveEntry(corpus="handbook/**/*.md"),
        PromptEntry(file="prompts/answer.md", model="embedded/reader", params={"temperature": 0}),
    )
    assert [(one.name, one.output) for one in helpdesk.expanded_steps()] == [
        ("retrieve", "passages"),
        ("answer", "answer"),
    ]


def test_steps_may_be_written_by_themselves() -> None:
    retrieve, draft, final = parse_manifest(STEPS).systems["helpdesk"].expanded_steps()
    assert isinstance(retrieve, RetrieveEntry)
    assert retrieve.recipe() == Recipe(chunker=Chunker(by="document"), tokenizer="alnum", k1=0.9, b=0.4)
    assert (retrieve.top_k, draft.output, final.name) == (20, "draft", "answer")


def test_datasets_metrics_and_gates_are_read() -> None:
    manifest = parse_manifest(WHOLE)
    assert (manifest.datasets["edge"].tags, manifest.datasets["edge"].row_schema) == (("edge",), "data/row.json")
    assert [(one.name, one.metric, one.options) for one in manifest.metrics][2:] == [
        ("latency_s", "latency_s", {}),
        ("total", "numeric_match", {"after": "A:"}),
    ]
    first, second = manifest.gates
    assert (first.on, first.kind, first.limit, first.repeats) == ("golden", "at_least", 0.6, 3)
    assert (second.kind, second.limit, second.not_worse_than) == ("not_worse_than", 0.05, "prod")
    assert second.applies_to("helpdesk")
    assert not second.applies_to("other")


@pytest.mark.parametrize(
    ("written", "gated"),
    [
        ("", {"staging": False, "prod": True}),
        ("environments: {test: {}, prod: {}}", {"test": False, "prod": True}),
        ("environments: {prod: {gated: true}, live: {gated: true}}", {"prod": True, "live": True}),
        ("environments:\n  prod:\n  test:\n", {"prod": True, "test": False}),
    ],
)
def test_prod_is_gated_and_the_others_where_they_say_so(written: str, gated: dict[str, bool]) -> None:
    manifest = parse_manifest(f"{MINIMAL}\n{written}")
    assert {name: one.gated for name, one in manifest.environments.items()} == gated


@pytest.mark.parametrize("limit", ["at_least: 1.0e+400", "at_most: 1.0e+400", "not_worse_than: prod, margin: 1.0e+400"])
def test_a_limit_is_a_number(limit: str) -> None:
    written = f"metrics: [contains]\ndatasets: {{golden: d.jsonl}}\ngates: [{{metric: contains, on: golden, {limit}}}]"
    with pytest.raises(InvalidInput, match="finite"):
        parse_manifest(f"{MINIMAL}\n{written}")


def test_prod_cannot_be_ungated() -> None:
    with pytest.raises(InvalidInput, match="prod: it is always gated"):
        parse_manifest(f"{MINIMAL}\nenvironments: {{prod: {{gated: false}}}}")


def test_the_files_needed_are_those_named() -> None:
    assert files_needed(parse_manifest(WHOLE)) == [
        "data/golden.jsonl",
        "data/row.json",
        "handbook/**/*.md",
        "prompts/answer.md",
    ]
    assert files_needed(parse_manifest(STEPS)) == ["nq.jsonl", "prompts/draft.md", "prompts/final.md"]


@pytest.mark.parametrize(
    ("right", "wrong", "message", "hint"),
    [
        ("project:", "projct:", "genyard.yaml: unknown key 'projct'", "did you mean project?"),
        ("top_k", "topk", "systems.helpdesk.retrieval: unknown key 'topk'", "did you mean top_k?"),
        ("search: bm25", "search: {k: 1}", "retrieval.search: unknown key 'k'", "did you mean k1?"),
        ("at_least", "at_lest", r"gates\[0\]: unknown key 'at_lest'", "did you mean at_least?"),
        ("after:", "aftr:", r"metrics\[3\]: the metric total has no option 'aftr'", "did you mean after?"),
        ("[answer_f1", "[answer_fl", r"metrics\[0\]: 'answer_fl' is not a metric", "did you mean answer_f1?"),
        ("on: golden", "on: goldn", r"gates\[0\].on: no dataset is named 'goldn'", "did you mean golden?"),
        ("metric: answer_f1", "metric: mrr", r"gates\[0\].metric: no metric is named 'mrr'", "there are:"),
        ("[helpdesk]", "[help]", r"gates\[1\].systems: no system is named 'help'", "did you mean helpdesk?"),
        (
            "not_worse_than: prod",
            "not_worse_than: prd",
            r"gates\[1\].not_worse_than: no environment is named 'prd'",
            "did you mean prod?",
        ),
        ("margin: 0.05,", "", r"gates\[1\]: not_worse_than and margin go together", "margin: 0.05"),
        ("at_least: 0.60,", "", r"gates\[0\]: a gate has one of", ""),
        ("search: bm25", "search: bm26", "search.method: it should be 'bm25', not 'bm26'", ""),
        ("top_k: 4", "top_k: four", "top_k: it should be a valid integer, not 'four'", ""),
        ("max_words: 220", "max_words: 0", "max_words: it should be greater than or equal to 20, not 0", ""),
        ("gated: false", "gated: no", "environments.staging.gated: it should be a valid boolean, not 'no'", ""),
        ("project: acme", "project: Acme!", "project: 'Acme!' is not a name", "use 1 to 64"),
        ("    prompt: prompts/answer.md\n", "", "systems.helpdesk: a system needs a model and a prompt", "or steps"),
        ("embedded/", "embeded/", "helpdesk.model: 'embeded' is not a provider", "did you mean embedded/reader?"),
        ("name: total", "name: answer_f1", "metrics: two have the name 'answer_f1'", "another name"),
        ("project: acme", "project: acme\nproject: b", "line 3, column 1: the key 'project' stands twice", ""),
        ("datasets: {", "datasets: [", "genyard.yaml, line 9, column 107: did not find expected", ""),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_nearest_word(right: str, wrong: str, message: str, hint: str) -> None:
    assert right in WHOLE
    with pytest.raises(InvalidInput, match=message) as caught:
        parse_manifest(WHOLE.replace(right, wrong, 1))
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x.md", "a/../../x.md", "~/x.md", "C:/x.md", "a\\\\b.md", "", "\\e[31m.md", "x*.md"]
)
def test_a_path_stays_in_the_project(path: str) -> None:
    with pytest.raises(InvalidInput, match="systems.helpdesk.prompt: .* is (not a path inside|a pattern)") as caught:
        parse_manifest(WHOLE.replace("prompts/answer.md", f'"{path}"'))
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("[{retrieve: {corpus: a.md}}]", "the last step is no prompt"),
        ("[{}]", r"steps\[0\]: a step is either retrieve or prompt"),
        ("[{tool: {}}]", r"steps\[0\]: unknown key 'tool'"),
        ("[&p {prompt: {file: p.md, model: embedded/reader}}, *p]", "two steps have the name 'answer'"),
        (
            "[{prompt: {name: a, file: p.md, model: embedded/reader}}, {prompt: {file: p.md, model: embedded/reader}}]",
            "two steps have the output 'answer'",
        ),
    ],
)
def test_steps_that_do_not_fit_are_refused(steps: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse_manifest(f"project: a\nsystems: {{s: {{steps: {steps}}}}}")


def test_steps_and_the_short_form_exclude_each_other() -> None:
    with pytest.raises(InvalidInput, match="either steps, or model and prompt"):
        parse_manifest(STEPS.replace("    steps:", "    model: embedded/reader\n    steps:"))


@pytest.mark.parametrize("text", ["", "- a", "just text", "3"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="genyard.yaml is not a mapping"):
        parse_manifest(text)


def test_a_manifest_is_bounded() -> None:
    with pytest.raises(TooLarge):
        parse_manifest(f"# {'x' * 1_000_000}\n{MINIMAL}")


@given(st.integers(0, len(WHOLE)), st.integers(0, 12), st.text(max_size=4))
def test_any_edit_gives_a_manifest_or_a_line_that_says_why(at: int, length: int, text: str) -> None:
    try:
        assert parse_manifest(WHOLE[:at] + text + WHOLE[at + length :]).project
    except InvalidInput as error:
        assert error.message.startswith("genyard.yaml")
        assert "\n" not in error.message
