"""What a span took and gave, put where its operation has it."""

from genyard.core.canonical import Json
from genyard.observe.conventions.documents import documents_of, query_of
from genyard.observe.conventions.draft import Draft
from genyard.observe.conventions.tools import positional


def fill_io(draft: Draft, asked: str, answered: str) -> None:
    """Put what two attributes hold into the columns of the span's operation; ``asked`` and ``answered`` name them.

    A model call's are messages, and not for here.
    """
    if draft.operation == "execute_tool":
        draft.fill("tool_name", draft.span.name)
        fill_tool(draft, asked, answered)
        return
    if draft.operation == "retrieval":
        draft.fill("retrieval_query", query_of(draft.rest.get(asked)))
        draft.fill("retrieval_documents", documents_of(draft.rest.get(answered)))
    for column, name in (("input", asked), ("output", answered)):
        draft.fill_from(column, name)


def fill_tool(draft: Draft, asked: str, answered: str) -> None:
    draft.fill_from("tool_arguments", asked)
    draft.fill_from("tool_result", answered)
    mark_positional(draft)


def mark_positional(draft: Draft) -> None:
    arguments: Json = draft.columns.get("tool_arguments")
    if arguments is not None and positional(arguments):
        draft.fill("tool_arguments_positional", True)
