"""What DESIGN promises about the shape of the package."""

import ast
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autotext
from autotext.components import registry

PACKAGE = Path(autotext.__file__).parent
LAYERS = {name: layer for layer, names in enumerate((
    ("errors", "arguments", "randomness", "fingerprint", "silence", "writing"),
    ("budget", "evaluation", "html", "scoring", "space", "untrusted"),
    ("task",),
    ("components", "meta", "report"),
    ("drift", "pipeline"),
    ("cross_validation",),
    ("workers",),
    ("search",),
    ("settings", "optimize", "recommend", "replay", "datasets", "benchmark"),
    ("progress", "testing", "", "cli", "__main__"),
)) for name in names}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)
MOST_LINES, MOST_LINES_OF_FUNCTION = 500, 60


def name_of(path):
    return str(path.relative_to(PACKAGE))


def unit_of(path):
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def is_type_checking(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def runtime_imports(node):
    """Every module that some code imports when it runs, and the line."""
    for child in ast.iter_child_nodes(node):
        if is_type_checking(child):
            continue
        if isinstance(child, ast.Import):
            yield from ((alias.name, child.lineno) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "relative import"
            yield from (
                (f"{child.module}.{alias.name}" if child.module == "autotext" else child.module, child.lineno)
                for alias in child.names
            )
        yield from runtime_imports(child)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_only_go_down(path):
    own = unit_of(path)
    assert own in LAYERS, f"{name_of(path)} has no layer"
    for module, line in runtime_imports(ast.parse(path.read_text("utf-8"))):
        parts = module.split(".")
        if parts[0] != "autotext":
            continue
        other = parts[1] if len(parts) > 1 and parts[1] in LAYERS else ""
        inside = other == own and own != ""
        assert inside or LAYERS[other] < LAYERS[own] or (own, other) in SAME_LAYER, (
            f"{name_of(path)}:{line} imports {module}"
        )


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_private_modules_are_imported_from_their_own_folder_alone(path):
    own = ".".join(("autotext", *path.relative_to(PACKAGE).parts[:-1]))
    for module, line in runtime_imports(ast.parse(path.read_text("utf-8"))):
        folder, _, name = module.rpartition(".")
        if module.startswith("autotext.") and name.startswith("_") and name != "__main__":
            assert folder == own, f"{name_of(path)}:{line} imports {module}"


# Within a layer: what is read before something else; __init__ names everything, and entry points may share a display.
SAME_LAYER = {
    ("arguments", "errors"),
    ("randomness", "arguments"),
    ("randomness", "fingerprint"),
    ("", "progress"),
    ("cli", "progress"),
    ("__main__", "cli"),
    ("optimize", "settings"),
    ("benchmark", "optimize"),
    ("benchmark", "datasets"),
}


def test_units_of_one_layer_do_not_import_each_other_in_circles():
    edges = {
        (unit_of(path), module.split(".")[1])
        for path in FILES
        for module, _ in runtime_imports(ast.parse(path.read_text("utf-8")))
        if module.startswith("autotext.") and module.split(".")[1] in LAYERS
    }
    assert not {(one, other) for one, other in edges if one != other and (other, one) in edges}


POLICY = [path for path in FILES if unit_of(path) in ("search", "cross_validation") or name_of(path) in (
    "components/catalog.py", "components/costs.py", "components/pretrained.py", "components/registry.py",
    "pipeline/transfer.py")]


@pytest.mark.parametrize("path", POLICY, ids=name_of)
def test_what_decides_about_components_names_none_of_them(path):
    names = {name for classes in registry().values() for name in classes}
    tree = ast.parse(path.read_text("utf-8"))
    prose = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
             and isinstance(node.body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            assert not names & set(re.split(r"[.+]", node.value)), f"{name_of(path)}:{node.lineno}: {node.value}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_the_proposer_imports_optuna(path):
    users = {
        module for module, _ in runtime_imports(ast.parse(path.read_text("utf-8"))) if module.split(".")[0] == "optuna"
    }
    assert not users or name_of(path) == "search/proposer.py"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_and_functions_are_short(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            documented = (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            )
            start = first.end_lineno if documented else node.lineno
            assert node.end_lineno - start <= MOST_LINES_OF_FUNCTION, f"{name_of(path)}: {node.name}"


MOST_METHODS, MOST_PARAMETERS = 15, 8
# What may have more methods than that, or more parameters, and why.
LARGE_CLASSES = {
    "ComponentContract": "each method is a test of the contract",
}
LONG_SIGNATURES = {
    "optimize_pipeline": "the one call that has all settings, as keywords",
    "Task.read": "takes over those that describe data",
    "recommend_pipeline": "has the same settings as optimize_pipeline, as keywords",
    "_pass": "a compiled loop is faster with arrays than with objects of them",
}


def functions_in(tree, prefix=""):
    """Each function and method of a file, by qualified name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node
            yield from functions_in(node, prefix)
        else:
            yield from functions_in(node, f"{node.name}." if isinstance(node, ast.ClassDef) else prefix)


def n_parameters(function):
    arguments = function.args
    named = [argument for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
             if argument.arg not in ("self", "cls")]
    return len(named) + (arguments.vararg is not None) + (arguments.kwarg is not None)


def is_overload(function):
    return any(ast.unparse(decorator).endswith("overload") for decorator in function.decorator_list)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_classes_have_few_methods_and_functions_few_parameters(path):
    tree = ast.parse(path.read_text("utf-8"))
    methods = {node.name: sum(isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not is_overload(child)
                              for child in node.body) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    parameters = {name: n_parameters(node) for name, node in functions_in(tree)}
    assert not {name: number for name, number in methods.items() if number > MOST_METHODS and name not in LARGE_CLASSES}
    assert not {name: number for name, number in parameters.items()
                if number > MOST_PARAMETERS and name not in LONG_SIGNATURES}


def test_no_exception_outlives_its_reason():
    trees = [ast.parse(path.read_text("utf-8")) for path in FILES]
    large = {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
             and sum(isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) for child in node.body) > MOST_METHODS}
    long = {name for tree in trees for name, node in functions_in(tree) if n_parameters(node) > MOST_PARAMETERS}
    assert (large, long) == (set(LARGE_CLASSES), set(LONG_SIGNATURES))


def test_public_functions_name_all_their_keywords():
    assert sorted(autotext.__all__) == list(autotext.__all__)
    for name in autotext.__all__:
        value = getattr(autotext, name)
        if isinstance(value, type) and issubclass(value, Exception):
            continue
        methods = (
            [member for key, member in vars(value).items() if not key.startswith("_") and callable(member)]
            if isinstance(value, type)
            else []
        )
        for function in (value, *methods):
            kinds = {parameter.kind for parameter in inspect.signature(function).parameters.values()}
            assert inspect.Parameter.VAR_KEYWORD not in kinds or function == autotext.Report.replace, (
                f"{name}: {function}"
            )


@pytest.mark.parametrize("path", [path for path in FILES if not path.name.startswith("_")], ids=name_of)
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


IMPORT = """
import json, logging, os, sys, warnings
import numpy as np
import sklearn, scipy.sparse, pyarrow, optuna, yaml, joblib
environment, filters, level = dict(os.environ), list(warnings.filters), logging.getLogger().level
optuna_level, state = optuna.logging.get_verbosity(), np.random.get_state()[1].tolist()
import autotext
from autotext.components import registry
print(json.dumps({
    "heavy": sorted({"torch", "spacy", "transformers", "kiwipiepy", "datasets"} & set(sys.modules)),
    "environment": environment == dict(os.environ), "filters": filters == list(warnings.filters),
    "level": level == logging.getLogger().level, "handlers": logging.getLogger().handlers == [],
    "optuna": optuna_level == optuna.logging.get_verbosity(), "state": state == np.random.get_state()[1].tolist(),
    "signals": all(__import__("signal").getsignal(number) is not None for number in (2, 15))}))
"""


def test_importing_the_package_is_light_and_leaves_the_process_alone():
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("heavy") == []
    assert found == dict.fromkeys(found, True)
    assert done.stderr == ""


def module_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def type_checking_imports(path):
    """Modules that a file imports for type checking alone."""
    checked, others = set(), set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if is_type_checking(node):
            checked |= {child.module for child in ast.walk(node) if isinstance(child, ast.ImportFrom)}
    others = {name for name, _ in runtime_imports(ast.parse(path.read_text("utf-8")))}
    return checked - others


def imported_modules(path, modules):
    """The modules of the package that a file imports, also inside functions; a package only where no module of it is meant."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from named & modules or {node.module} & modules


def test_no_module_imports_itself_by_way_of_others():
    """Imports inside functions count, as a circle is one whenever it is closed; those for type checking do not."""
    modules = {module_of(path): path for path in FILES}
    left = {module: set(imported_modules(path, modules.keys())) - type_checking_imports(path)
            for module, path in modules.items()}
    while free := [module for module, imported in left.items() if not (imported - {module}) & left.keys()]:
        for module in free:
            del left[module]
    inside = {module: sorted(imported & left.keys()) for module, imported in left.items()}
    assert not left, f"these import each other in circles, or what does: {inside}"


# What the field has another word for; see CONTRIBUTING.
FOREIGN_WORDS = frozenset((
    "audit", "blend", "climbed", "costly", "cutoff", "effort", "extent", "finish", "foreseen", "found", "given",
    "honest", "judge", "judged", "known", "lacks", "ladder", "marks", "needed", "noticed", "one", "own", "part", "prepared",
    "probes", "quiet", "race", "raced", "racing", "ranged", "rebuilt", "refusal", "restored", "room", "rung", "sealed",
    "several", "shared", "stated", "suggested", "team", "thin", "thinned", "warm", "watch", "weighted", "worth",
))
# Words that are ordinary in longer names, but say too little as a whole name. A share is a fraction, and a path one of files;
# what a component has learned is its state.
FOREIGN_NAMES = frozenset(("at", "by", "by_text", "counted_by", "few", "in_order", "mark", "of", "readers", "who"))
FOREIGN_MODULES = frozenset(("order", "path", "rows", "saved", "start"))
# Terms in which such a word is the field's own, or ordinary English.
TERMS = ("combining_marks", "one_of", "one_vs_rest", "hold_one_out", "one_thread", "shared_arrays", "shared_cache",
         "shared_folder", "warm_start", "warm_up")


def words_of(name):
    plain = re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    for term in TERMS:
        plain = plain.replace(term, "")
    return {plain.strip("_")} & FOREIGN_NAMES | set(plain.split("_")) & FOREIGN_WORDS


def parameters_of(function):
    arguments = function.args
    return [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg,
                                          arguments.kwarg) if argument]


def targets_of(node):
    """Names that an assignment gives a value, those of attributes of ``self`` among them."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        for leaf in target.elts if isinstance(target, ast.Tuple) else [target]:
            if isinstance(leaf, ast.Name):
                yield leaf.id
            elif isinstance(leaf, ast.Attribute) and isinstance(leaf.value, ast.Name) and leaf.value.id == "self":
                yield leaf.attr


def names_in(path):
    """Names of a module, its classes, functions, parameters, attributes and constants; not those of local variables."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from parameters_of(node)
        if isinstance(node, ast.ClassDef | ast.Module):
            for statement in node.body:
                if isinstance(statement, ast.Assign | ast.AnnAssign):
                    yield from targets_of(statement)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(leaf, ast.Attribute) for target in targets for leaf in ast.walk(target)):
                yield from targets_of(node)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_names_use_the_words_of_the_field(path):
    assert path.stem not in FOREIGN_MODULES
    assert not words_of(path.stem) & FOREIGN_WORDS
    names = {name for name in names_in(path) if not name.startswith("test_")}
    assert not {name: words for name in names if (words := words_of(name))}
