"""``genyard eval``."""

from tests.projects import ROWS, WITHOUT_PASSAGES, Project
from tests.upstream import upstream


def test_eval_shows_each_metric_with_interval_and_n_and_the_verdict(project: Project) -> None:
    ran = project("eval")
    head, _, contains, *_ = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert f"on golden:1 · {len(ROWS)} cases × 1 · run " in head
    assert contains.split()[:2] == ["contains", "1.000"]
    assert contains.split()[-2] == str(len(ROWS))
    assert "gate: PASS  the condition holds" in ran.out


def test_below_five_cases_there_is_no_mean_and_no_verdict(project: Project) -> None:
    golden = project.root / "data" / "golden.jsonl"
    golden.write_text(golden.read_text().splitlines()[0])
    ran = project("eval")
    assert ran.code == 4
    assert "on golden:1 · 1 case × 1 · run " in ran.out
    assert ran.out.splitlines()[2].split() == ["contains", "n", "1,", "too", "few", "—", "1", "—"]
    assert "contains on golden ≥ 0.5 is undecided: n 1, too few, at least 29 more cases are needed" in ran.out


def test_an_evaluation_that_is_done_is_read_back(project: Project) -> None:
    first, again = project.ok("eval"), project.ok("eval")
    assert again["evaluations"][0]["cases"]["reused"] == len(ROWS)
    assert again["evaluations"][0]["run"] == first["evaluations"][0]["run"]
    assert again["evaluations"][0]["metrics"] == first["evaluations"][0]["metrics"]


def test_a_worse_prompt_leaves_with_4_and_the_reason(project: Project) -> None:
    project.write("prompts/answer.md", WITHOUT_PASSAGES)
    ran = project("eval")
    assert (ran.code, ran.err) == (4, "")
    assert "gate: FAIL  contains on golden ≥ 0.5 fails at 0.000" in ran.out
    assert "mean 0 on 8 cases; the 95 % upper bound 0.3123 is below 0.5" in ran.out


def test_each_repeat_is_a_draw_of_its_own(project: Project) -> None:
    with upstream() as provider:
        project.replace("genyard.yaml", "embedded/reader", provider.model)
        report = project("eval", "--repeats", "3", "--json").reply
        assert len(provider.asked) == 3 * len(ROWS)
        project("eval", "--repeats", "3")
        assert len(provider.asked) == 3 * len(ROWS)
    metric = next(one for one in report["evaluations"][0]["metrics"] if one["metric"] == "latency_s")
    assert (metric["n"], metric["repeats"]) == (len(ROWS), 3)


def test_an_answer_in_which_something_was_masked_is_drawn_again(project: Project) -> None:
    with upstream() as provider:
        project.replace("genyard.yaml", "embedded/reader", provider.model)
        provider.say = lambda _: "Write to ann@example.com."
        project("eval")
        project("eval", "--repeats", "2")
        assert len(provider.asked) == 2 * len(ROWS)
        project.ok("masking", "set", "--rules", "email")
        project.replace("prompts/answer.md", "Answer from", "Answer only from")
        project("eval")
        project("eval", "--repeats", "2")
        assert len(provider.asked) == (2 + 1 + 2) * len(ROWS)


def test_cases_that_fail_are_counted_with_the_reason_and_asked_again(project: Project) -> None:
    with upstream() as provider:
        provider.say = {question: answer for _, question, answer in ROWS}.__getitem__
        provider.way = "rejected"
        project.replace("genyard.yaml", "embedded/reader", provider.model)
        ran = project("eval")
        assert ran.code == 4
        assert "8 failed with provider_rejected: 127.0.0.1" in ran.out
        assert "no case is scored" in ran.out
        provider.way = "answer"
        assert project.ok("eval")["gate"]["verdict"] == "pass"


def test_a_dataset_that_is_not_there_is_named_with_the_nearest(project: Project) -> None:
    ran = project("eval", "--dataset", "goldn")
    assert (ran.code, ran.err) == (2, "genyard: genyard.yaml has no dataset 'goldn'  (did you mean golden?)\n")


def test_without_a_dataset_there_is_nothing_to_evaluate_on(project: Project) -> None:
    project.replace("genyard.yaml", "datasets: {golden: data/golden.jsonl}\n", "")
    project.replace("genyard.yaml", "gates: [{metric: contains, on: golden, at_least: 0.5}]\n", "")
    for verb in ("eval", "release"):
        ran = project(verb)
        assert (ran.code, "names no dataset" in ran.err) == (2, True)


def test_without_a_gate_eval_leaves_with_0_and_release_with_4(project: Project) -> None:
    project.replace("genyard.yaml", "gates: [{metric: contains, on: golden, at_least: 0.5}]\n", "")
    assert "gate: NONE  genyard.yaml sets no gate" in project("eval").out
    assert project("release").code == 4
    assert project("deploy", "desk", "--to", "staging").code == 0
    refused = project("deploy", "desk", "--to", "prod")
    assert (refused.code, "write gates in genyard.yaml" in refused.err) == (4, True)
