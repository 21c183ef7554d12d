"""Templates that write JSON: whatever is printed is a whole value, or stays inside its string.

Where it stands is known before any data is: a string that the template opens must be closed in the
same branch, so each place is always inside one or always outside. Data cannot change that.
"""

from collections.abc import Sequence

import orjson
from jinja2 import nodes

from models.errors import Invalid
from models.rendering.filters import plain
from models.rendering.refusal import refusal

AS_VALUE = "as a JSON value"  # no template can name them: they are not identifiers
IN_STRING = "inside a JSON string"
MAX_JSON = 256 * 1024  # characters


def as_value(value: object) -> str:
    """A text with its quotes, a number, a list, an object: as JSON has it."""
    text = str(value) if isinstance(value, str) else value
    return orjson.dumps(text).decode()


def in_string(value: object) -> str:
    """What stands between the quotes of a JSON string."""
    return orjson.dumps(plain(value)).decode()[1:-1]


JSON_FILTERS = {AS_VALUE: as_value, IN_STRING: in_string}


def for_json(tree: nodes.Template) -> None:
    """Change the tree so that everything is printed for its place; Invalid: it has no one place."""
    if _body(tree.body, inside=False):
        raise refusal("webhook_json", "the last string is not closed")


def sendable_json(text: str, _source: str) -> str:
    """As it is; reasons: webhook_json, webhook_too_long."""
    if len(text) > MAX_JSON:
        detail = f"{len(text)} characters; at most {MAX_JSON}"
        raise refusal("webhook_too_long", detail, limit=MAX_JSON)
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno} as rendered, column {error.colno}"
        raise refusal("webhook_json", f"not JSON: {error.msg} ({where})") from None
    if not isinstance(found, dict):
        raise refusal("webhook_json", 'not a JSON object, such as {"type": "order.shipped"}')
    return text


def _body(body: Sequence[nodes.Node], *, inside: bool) -> bool:
    """Whether the end of it is inside a string, given whether its start is."""
    for node in body:
        if isinstance(node, nodes.Output):
            inside = _output(node, inside=inside)
        elif isinstance(node, nodes.If):
            inside = _if(node, inside=inside)
        elif isinstance(node, nodes.For):
            _loop(node, inside=inside)
    return inside


def _output(node: nodes.Output, *, inside: bool) -> bool:
    for place, child in enumerate(node.nodes):
        if isinstance(child, nodes.TemplateData):
            inside = _after(child, inside=inside)
        else:
            name = IN_STRING if inside else AS_VALUE
            node.nodes[place] = nodes.Filter(child, name, [], [], None, None, lineno=child.lineno)
    return inside


def _if(node: nodes.If, *, inside: bool) -> bool:
    ends = {_body(node.body, inside=inside), _body(node.else_, inside=inside)}
    ends |= {_body(other.body, inside=inside) for other in node.elif_}
    if len(ends) > 1:
        raise _not_one(node)
    return ends.pop()


def _loop(node: nodes.For, *, inside: bool) -> None:
    ends = _body(node.body, inside=inside), _body(node.else_, inside=inside)
    if ends != (inside, inside):
        raise _not_one(node)


def _after(data: nodes.TemplateData, *, inside: bool) -> bool:
    escaped = False
    for character in data.data:
        if escaped:
            escaped = False
        elif character == '"':
            inside = not inside
        elif character == "\\" and inside:
            escaped = True
    if escaped:
        detail = "a backslash at the end of a part: what follows is not known"
        raise refusal("webhook_json", detail, line=data.lineno)
    return inside


def _not_one(node: nodes.Node) -> Invalid:
    detail = "a string that begins inside a tag ends inside it as well"
    return refusal("webhook_json", detail, line=node.lineno)
