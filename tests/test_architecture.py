"""Rules of the house that no linter knows; the contracts on imports between floors are apart."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import bot

PACKAGE = Path(bot.__file__).parent
MODULES = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))
SHORTEST, LONGEST, LONGEST_FUNCTION = 25, 400, 45
MAY_BE_SHORT = {"__init__.py", "__main__.py"}

# Public methods, arguments of the constructor, and lines of a class.
HEAVIEST = (12, 8, 200)
HEAVIER = {
    "Interactions": "all that a person can do in Slack, one payload each",
    "OpenViews": "Slack's rules of views, in the fake",
    "Person": "all that a person can do in Slack",
    "Studio": "makes each kind of exhibit",
    "Timing": "every wait is a field of it, with its reason",
}

# How many modules a folder holds, without its __init__, and how many are loose in `bot`.
FEWEST, MOST, MOST_LOOSE = 3, 16, 4
OTHER_SIZES = {
    "slack": "what its folders share, and the manifest",
    "slack/home": "one page so far",
    "services/watches": "what users ask for, and a watch's turn",
}


# The few classes of data that are built without naming each part.
BUILT_BY_POSITION = {
    "Account",
    "MessageId",
    "Row",
    "Studio",
    "Ticket",
    "_Flight",
}

# What may be called while a module is being imported: nothing that opens, connects, or reads the
# environment, and nothing that a test would have to undo.
ALLOWED_AT_IMPORT = {
    # Constants of the standard library, and what their tables are computed with.
    "Decimal",
    "MappingProxyType",
    "chr",
    "datetime",
    "dict.fromkeys",
    "filter",
    "frozenset",
    "map",
    "ord",
    "range",
    "re.compile",
    "struct.pack",
    "timedelta",
    # Methods of constants: they make another constant.
    ".items",
    ".join",
    ".upper",
    ".values",
    # Declarations of types and classes.
    "TypeVar",
    "dataclass",
    "field",
    "staticmethod",
    # Every component's waits unless it is given others: a frozen value of floats.
    "Timing",
    # Loggers are named after their module, and write nowhere until they are configured.
    "logging.getLogger",
    "structlog.get_logger",
    # Declarations of settings: pydantic builds the class, an instance is made by `load_settings`.
    "AfterValidator",
    "Field",
    "SettingsConfigDict",
    "_before",
    "_secret_like",
    # Declarations of the command line.
    "_app.callback",
    "_app.command",
    "Option",
    "typer.Typer",
}

# Tables that are written as calls: each gives a pure function, or a reply as bytes.
TABLES = {
    "fake_slack/": {
        "any_text",
        "at_least_one_of",
        "block",
        "by_type",
        "choice",
        "every",
        "exactly_one_of",
        "items",
        "plain_text",
        "record",
        "string",
        "whole",
    },
    "gateway/sandbox/fault_wire.py": {"gzipped", "repeated", "replaced"},
    "gateway/sandbox/fault_replies.py": {
        "altered",
        "beside",
        "compressed",
        "declared",
        "elements",
        "encoded",
        "fault",
        "nested",
        "page",
        "result_element",
        "text",
    },
    # Declarations of tables and their columns; nothing is opened before there is an engine.
    "storage/schema.py": {
        ".with_variant",
        "BigInteger",
        "Column",
        "DateTime",
        "Identity",
        "Index",
        "MetaData",
        "_columns",
        "_finding_columns",
        "_index",
        "_job_columns",
        "_job_indexes",
        "_table",
        "func.current_timestamp",
        "text",
    },
    # Running is what this one is for.
    "__main__.py": {"main"},
}


@cache
def tree(module: str) -> ast.Module:
    """A module as Python reads it."""
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


def called_at_import(node: ast.AST) -> Iterator[ast.Call]:
    """Calls that run when the module is imported: not those in the bodies of functions."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        children: list[ast.AST] = [*node.decorator_list, *defaults]
    elif isinstance(node, ast.Lambda):
        children = []
    else:
        children = [*ast.iter_child_nodes(node)]
    if isinstance(node, ast.Call):
        yield node
    for child in children:
        yield from called_at_import(child)


def name_of(call: ast.Call) -> str:
    """What is called; a method of a constant or of another value goes by its own name alone."""
    function = call.func
    if isinstance(function, ast.Attribute):
        owner = function.value
        is_constant = isinstance(owner, ast.Name) and owner.id.isupper()
        if is_constant or not isinstance(owner, ast.Name):
            return f".{function.attr}"
    return ast.unparse(function)


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_every_module_says_what_it_is_for() -> None:
    """Every module begins with a docstring."""
    assert [] == [module for module in MODULES if not ast.get_docstring(tree(module))]


def test_nothing_is_built_at_import() -> None:
    """Importing a module makes constants, declarations and loggers, and nothing else."""
    built = []
    for module in MODULES:
        tables = [names for place, names in TABLES.items() if module.startswith(place)]
        called = {name_of(call) for call in called_at_import(tree(module))}
        built += [(module, name) for name in called - ALLOWED_AT_IMPORT.union(*tables)]
    assert [] == built


def test_no_exception_is_left_over() -> None:
    """Every name that may be called at import is called by some module."""
    called = {name_of(call) for module in MODULES for call in called_at_import(tree(module))}
    assert set() == ALLOWED_AT_IMPORT.union(*TABLES.values()) - called


def test_no_module_is_a_splinter_or_a_heap() -> None:
    """A module is worth opening and can be read in one sitting."""
    lines = {
        module: len((PACKAGE / module).read_text(encoding="utf-8").splitlines())
        for module in MODULES
        if Path(module).name not in MAY_BE_SHORT
    }
    assert [] == [one for one in lines.items() if not SHORTEST <= one[1] <= LONGEST]


def test_every_function_fits_on_a_screen() -> None:
    """No function is longer than 45 lines."""
    functions = [
        (module, node)
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [] == [(m, node.name) for m, node in functions if length(node) > LONGEST_FUNCTION]


def sizes_of(node: ast.ClassDef) -> tuple[int, int, int]:
    """Public methods, arguments of the constructor, and lines of a class."""
    methods = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    public = [one for one in methods if not one.name.startswith("_")]
    made_of = [one.args for one in methods if one.name == "__init__"]
    arguments = sum(len(one.args) + len(one.kwonlyargs) - 1 for one in made_of)
    return len(public), arguments, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_class_is_a_heap() -> None:
    """A class is about one thing; the exceptions are named, each with its reason."""
    heaps = {
        node.name
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ClassDef)
        if any(one > most for one, most in zip(sizes_of(node), HEAVIEST, strict=True))
    }
    assert set(HEAVIER) == heaps


def test_imports_name_their_module_in_full() -> None:
    """No relative imports, so that a search for a module finds all who use it."""
    imports = [
        (module, node)
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ImportFrom)
    ]
    assert [] == [(module, node.module) for module, node in imports if node.level]


def test_data_have_slots_and_are_built_by_keyword() -> None:
    """A part that was added or moved is never taken for another one."""
    classes = [
        (node.name, {keyword.arg for keyword in call.keywords})
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ClassDef)
        for call in node.decorator_list
        if isinstance(call, ast.Call) and "dataclass" == name_of(call)
    ]
    assert [] == [name for name, options in classes if "slots" not in options]
    assert {name for name, options in classes if "kw_only" not in options} == BUILT_BY_POSITION


def test_an_asker_is_made_in_one_place() -> None:
    """Whose person somebody is cannot be left out, nor read in a second way; jobs keep it."""
    makers = {
        module
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and "Asker" == name_of(node)
    }
    assert {"demo/gallery.py", "domain/jobs/job.py", "slack/inbound/people.py"} == makers


def test_every_folder_holds_three_to_sixteen_modules() -> None:
    """The exceptions are named, each with its reason."""
    modules = Counter(str(Path(m).parent) for m in MODULES if Path(m).name != "__init__.py")
    del modules["."]
    assert set(OTHER_SIZES) == {f for f, n in modules.items() if not FEWEST <= n <= MOST}


def test_few_modules_are_loose() -> None:
    """What belongs to a layer is in its folder."""
    assert len([module for module in MODULES if "/" not in module]) <= MOST_LOOSE


def test_every_module_is_named_after_what_it_holds() -> None:
    """No module and no folder has a name under which anything could be put."""
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base"}
    assert [] == [one for one in MODULES if vague.intersection(Path(one).with_suffix("").parts)]


def test_scripts_of_the_page_are_short_and_make_no_html_of_texts() -> None:
    """A text becomes a text node whatever it holds, and a script can be read in one sitting."""
    makes_html = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(")
    scripts = {path.name: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.js")}

    assert scripts
    assert [] == [name for name, script in scripts.items() if not script.startswith("// ")]
    assert [] == [name for name, script in scripts.items() if script.count("\n") > LONGEST]
    assert [] == [
        (n, word) for n, script in scripts.items() for word in makes_html if word in script
    ]
