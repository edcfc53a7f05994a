"""Commands that take a query: what is not wanted begins with a minus there, such as ``-status:error``."""

from typing import Any

from typer.core import TyperCommand


class QueryCommand(TyperCommand):
    """Takes an argument that begins with one minus for a part of the query, wherever it stands.

    Options have names of two; ``-h`` alone stays what it is. The parts of a query may come as several arguments.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the query behind all options, where nothing in it is taken for one."""
        valued = {name for one in self.get_params(ctx) if _takes_value(one) for name in one.opts}
        short = {name for one in self.get_params(ctx) for name in one.opts if not name.startswith("--")}
        options, query = list[str](), list[str]()
        waiting = list(args)
        while waiting:
            word = waiting.pop(0)
            if word == "--":
                query += waiting
                break
            if word.startswith("--") or word in short:
                options += [word, *(waiting[:1] if word in valued else [])]
                waiting = waiting[word in valued :]
            else:
                query.append(word)
        return super().parse_args(ctx, [*options, "--", *self._whole(ctx, query)] if query else options)

    def _whole(self, ctx: Any, words: list[str]) -> list[str]:
        """Return the arguments: what stands before the query, which is the last of them, and all of the query."""
        before = sum(one.param_type_name == "argument" for one in self.get_params(ctx)) - 1
        return [*words[:before], *([" ".join(words[before:])] if words[before:] else [])]


def _takes_value(option: Any) -> bool:
    return option.param_type_name == "option" and not option.is_flag and not option.count
