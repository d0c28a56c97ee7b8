"""The site's own names of fields, in plain HTML forms, become ours: `your-name` is `name`."""

from collections.abc import Mapping
from dataclasses import replace

from app.errors import FieldProblem
from app.intake.body import Submission
from app.intake.fields.encoded import Pair
from app.intake.fields.nesting import nest
from app.intake.fields.pointer import pointer_to


def renamed(submission: Submission, aliases: Mapping[str, str]) -> Submission:
    """Return a form's submission under our names; what came under both stays as it is. JSON has its own names."""
    used = {alias: name for alias, name in aliases.items() if alias in submission.typed}
    fresh = {alias: name for alias, name in used.items() if name not in submission.typed}
    if not fresh:
        return submission
    nested = nest(Pair(name, value) for alias, name in fresh.items() for value in submission.typed[alias])
    typed = {fresh.get(name, name): values for name, values in submission.typed.items()}
    kept = {name: value for name, value in submission.fields.items() if name not in fresh}
    for name, value in nested.fields.items():
        # Members of one group may come under both kinds of names.
        held = kept.get(name)
        kept[name] = {**value, **held} if isinstance(held, dict) and isinstance(value, dict) else held or value
    problems = [_under_our_name(problem, fresh) for problem in submission.problems]
    return replace(submission, fields=kept, typed=typed, problems=[*problems, *nested.problems])


def _under_our_name(problem: FieldProblem, aliases: Mapping[str, str]) -> FieldProblem:
    for alias, name in aliases.items():
        if problem.pointer == pointer_to(alias):
            return replace(problem, pointer=pointer_to(*name.split(".")))
    return problem
