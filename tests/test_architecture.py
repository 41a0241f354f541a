"""The shape of the package: layers, lazy torch, optional extras, and the names it promises."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import sklearn_attngen

PACKAGE = Path(sklearn_attngen.__file__).parent
# Each folder imports from itself and from those before it.
LAYERS = [
    "sequences",
    "preprocessing",
    "feature_extraction",
    "networks",
    "training",
    "classifiers",
    "inspection",
    "metrics",
    "model_selection",
    "datasets",
]
# The folders of inspection/, in the same order.
INSPECTION = [
    "_inputs",
    "_attribution",
    "_removal",
    "_checks",
    "_motifs",
    "_drawing",
    "_files",
    "_report",
]
# Datasets are read without estimators.
EXCEPTIONS = {"datasets": {"sequences"}}
WITH_TORCH = {"networks", "training", "classifiers"}
OPTIONAL = {"captum", "matplotlib", "pandas", "polars", "pooch", "pyarrow", "pybigtools", "rich"}
OPTIONAL |= {"modiscolite", "tqdm"}
PUBLIC = {
    "": [
        "AttnGenClassifier",
        "CNNClassifier",
        "KmerVectorizer",
        "PerturbationScorer",
        "SequenceOneHotEncoder",
        "compare_classifiers",
        "make_kmer_classifier",
    ],
    "sequences": ["reverse_complement"],
    "preprocessing": ["SequenceOneHotEncoder"],
    "feature_extraction": ["KmerVectorizer"],
    "classifiers": ["AttnGenClassifier", "CNNClassifier", "make_kmer_classifier"],
    "inspection": [
        "MaskFractionDisplay",
        "Motif",
        "MotifDisplay",
        "PerturbationCurveDisplay",
        "AttentionHeadsDisplay",
        "SaliencyDisplay",
        "cluster_seqlets",
        "convergence_delta",
        "deeplift",
        "extract_seqlets",
        "match_motifs",
        "motif_report",
        "mutagenesis",
        "perturbation_curve",
        "read_meme",
        "report",
        "saliency",
        "sanity_checks",
        "to_bed",
        "to_bedgraph",
        "to_bigwig",
        "to_frame",
        "to_modisco_npz",
        "write_meme",
    ],
    "metrics": ["PerturbationScorer", "comprehensiveness", "infidelity", "sufficiency"],
    "model_selection": ["compare_classifiers", "summarize_comparison"],
    "datasets": [
        "fetch_genomic_benchmark",
        "load_splice_junctions",
        "make_motif_sequences",
        "read_fasta",
    ],
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """The dotted name of a file of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path, *, module_level: bool) -> set[str]:
    """The dotted names that a file imports, everywhere or when it is imported itself."""
    found: set[str] = set()
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]

    def visit(node: ast.AST) -> None:
        if module_level:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                return
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *filter(None, [node.module])])
            found.add(base)
            # "from sklearn_attngen import metrics" names the folder here and not in the module.
            found.update(f"{base}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def layer_of(name: str) -> str | None:
    """The folder that a dotted name lies in, if it is one of the package's."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "sklearn_attngen" else None


def test_every_folder_has_its_layer() -> None:
    """A new folder is given its place in the order first."""
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders == set(LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_folders_import_only_from_those_above(layer: str) -> None:
    """Data flows one way, imports inside functions and for type checkers included."""
    allowed = EXCEPTIONS.get(layer, set(LAYERS[: LAYERS.index(layer)])) | {layer}
    for path in sorted((PACKAGE / layer).rglob("*.py")):
        names = imports_of(path, module_level=False)
        used = {layer_of(name) for name in names} & set(LAYERS)
        assert used <= allowed, f"{name_of(path)} imports from {sorted(used - allowed)}"
        exported = {name for name in names if name.count(".") == 1 and layer_of(name)}
        through_the_top = {layer_of(name) for name in exported} & set(PUBLIC[""])
        assert not through_the_top, f"{name_of(path)} imports {through_the_top} from the top"


def test_every_folder_of_inspection_has_its_place() -> None:
    """All that it holds lies in one of them, so that each can be read as a whole."""
    folder = PACKAGE / "inspection"
    assert {path.parent.name for path in folder.glob("*/__init__.py")} == set(INSPECTION)
    assert [path.name for path in folder.glob("*.py")] == ["__init__.py"]


@pytest.mark.parametrize("place", INSPECTION)
def test_folders_of_inspection_import_only_from_those_above(place: str) -> None:
    allowed = set(INSPECTION[: INSPECTION.index(place) + 1])
    for path in sorted((PACKAGE / "inspection" / place).glob("*.py")):
        parts = [name.split(".") for name in imports_of(path, module_level=False)]
        inside = [each for each in parts if each[:2] == ["sklearn_attngen", "inspection"]]
        used = {"".join(each[2:3]) for each in inside}  # "" is the whole, which loads all of them
        assert used <= allowed, f"{name_of(path)} imports from {sorted(used - allowed)}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_and_optional_packages_are_imported_late(path: Path) -> None:
    """Torch at module level only where networks are; optional extras nowhere."""
    roots = {name.partition(".")[0] for name in imports_of(path, module_level=True)}
    assert not roots & OPTIONAL
    if layer_of(name_of(path)) not in WITH_TORCH:
        assert not roots & {"torch", "skorch"}


def test_networks_know_neither_scikit_learn_nor_skorch() -> None:
    """The modules can be taken out and used with torch alone."""
    for path in sorted((PACKAGE / "networks").rglob("*.py")):
        roots = {name.partition(".")[0] for name in imports_of(path, module_level=False)}
        assert not roots & {"sklearn", "skorch"}, name_of(path)


def test_training_holds_no_estimator() -> None:
    """What scikit-learn clones and searches lives in classifiers/."""
    for path in sorted((PACKAGE / "training").rglob("*.py")):
        assert "sklearn.base" not in imports_of(path, module_level=False), name_of(path)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_signatures_reach_type_checkers(path: Path) -> None:
    """scikit-learn's decorators have no types, and hide those of what they decorate."""
    if name_of(path) != "sklearn_attngen._validation":
        for line in path.read_text(encoding="utf-8").splitlines():
            assert "_fit_context" not in line
            assert not (line.startswith("from sklearn.") and "validate_params" in line)


def loaded_after(code: str) -> set[str]:
    """Run code in a new interpreter and give the top-level modules it has loaded then."""
    code += "\nimport sys; print(' '.join(sorted({m.partition('.')[0] for m in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
        timeout=600,
    )
    return set(done.stdout.split())


def test_import_is_cheap() -> None:
    """``import sklearn_attngen`` loads neither torch nor even NumPy."""
    loaded = loaded_after("import sklearn_attngen; dir(sklearn_attngen)")
    assert "sklearn_attngen" in loaded
    assert not loaded & {"torch", "skorch", "sklearn", "numpy", "scipy"}


def test_torch_waits_for_a_network() -> None:
    """Encoding, k-mers, explaining, scoring, comparing and data work without torch."""
    folders = [layer for layer in LAYERS if layer not in WITH_TORCH]
    code = "\n".join(
        [
            *(f"import sklearn_attngen.{folder}" for folder in folders),
            "from sklearn_attngen import make_kmer_classifier, PerturbationScorer",
            "make_kmer_classifier()",
        ]
    )
    loaded = loaded_after(code)
    assert "sklearn" in loaded
    # scikit-learn loads pandas by itself where it is installed.
    assert not loaded & {"torch", "skorch", "matplotlib", "polars", "pooch"}


def test_networks_load_torch() -> None:
    """The check above would see torch if it were there."""
    assert "torch" in loaded_after("from sklearn_attngen import CNNClassifier")


@pytest.mark.parametrize("folder", PUBLIC)
def test_promised_names_are_there(folder: str) -> None:
    """Each public name can be imported, is listed in ``__all__`` and found by ``dir``."""
    module = importlib.import_module(f"sklearn_attngen.{folder}" if folder else "sklearn_attngen")
    for name in PUBLIC[folder]:
        assert getattr(module, name).__module__.startswith("sklearn_attngen."), name
        assert name in module.__all__
        assert name in dir(module)


@pytest.mark.parametrize("folder", ["", *LAYERS])
def test_all_is_true(folder: str) -> None:
    """``__all__`` names what exists, once, and nothing private."""
    module = importlib.import_module(f"sklearn_attngen.{folder}" if folder else "sklearn_attngen")
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert name == "__version__" or not name.startswith("_")
        assert hasattr(module, name), name


def test_unknown_names_raise_as_usual() -> None:
    """The lazy exports keep Python's own error."""
    with pytest.raises(AttributeError, match="'sklearn_attngen' has no attribute 'AttGen'"):
        sklearn_attngen.AttGen  # noqa: B018  (the access is what is tested)
